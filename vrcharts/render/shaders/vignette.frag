#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

// Darkens the edge of the view while the person is moved by the stick: less motion in the outer field of view, less sickness.

layout(early_fragment_tests) in;
layout(location = 0) in vec2 ndc;
layout(location = 0) out vec4 color;

void main() {
  float inner = mix(1.2, 0.45, frame.vignette);
  float alpha = frame.vignette > 0.0 ? smoothstep(inner, inner + 0.35, length(ndc)) : 0.0;
  color = vec4(vec3(0.0), alpha);
}
