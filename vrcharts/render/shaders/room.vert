#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

layout(location = 0) out vec3 direction;

void main() {
  vec2 ndc = vec2((gl_VertexIndex << 1) & 2, gl_VertexIndex & 2) * 2.0 - 1.0;
  gl_Position = vec4(ndc, 0.0, 1.0);  // depth is reversed: 0 is infinitely far
  direction = (frame.views[ViewIndex()].direction_from_ndc * vec4(ndc, 1.0, 1.0)).xyz;
}
