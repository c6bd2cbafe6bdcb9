#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

// What the lens hides: nearer than everything, so that nothing else is drawn there.

layout(set = 0, binding = 8, std430) readonly buffer Hidden { vec4 corners[]; };  // xy: clip space; z: the view it is for

void main() {
  vec4 corner = corners[gl_VertexIndex];
  gl_Position = int(corner.z) == ViewIndex() ? vec4(corner.xy, 1.0, 1.0) : vec4(2.0, 2.0, 1.0, 1.0);
}
