#version 460
layout(set = 0, binding = 7) uniform sampler2DArray atlas;

layout(early_fragment_tests) in;
layout(location = 0) in vec2 uv;
layout(location = 1) flat in vec4 ink;
layout(location = 2) flat in vec3 scale;
layout(location = 0) out vec4 color;

void main() {
  float distance = textureLod(atlas, vec3(uv, 0.0), scale.y).r - 128.0 / 255.0;
  float alpha = ink.a * clamp(distance * scale.x + scale.z, 0.0, 1.0);
  color = vec4(ink.rgb * alpha, alpha);
  if (alpha <= 0.0) discard;
}
