#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

layout(set = 0, binding = 7) uniform sampler2DArray atlas;

layout(location = 0) in vec2 uv;
layout(location = 1) flat in vec4 ink;
layout(location = 0) out vec4 color;

void main() {
  // Screen pixels over which the stored distance runs from 0 to 1.
  float pixels = dot(vec2(frame.atlas_range), 0.5 / max(fwidth(uv) * frame.atlas_size, vec2(1e-6)));
  float distance = texture(atlas, vec3(uv, 0.0)).r - 128.0 / 255.0;
  float alpha = ink.a * clamp(distance * max(pixels, 1.0) + 0.5, 0.0, 1.0);
  color = vec4(ink.rgb * alpha, alpha);
  if (alpha <= 0.0) discard;
}
