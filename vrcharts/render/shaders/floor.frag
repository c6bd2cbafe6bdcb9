#version 460
#extension GL_GOOGLE_include_directive : require
#include "room.glsl"

layout(early_fragment_tests) in;
layout(location = 0) in vec4 base;
layout(location = 1) in vec4 floor_point;
layout(location = 2) in float clearness;
layout(location = 3) flat in vec3 line;
layout(location = 4) flat in vec3 pool;
layout(location = 0) out vec4 color;

// How much of the pixel the lines of a grid cover. All in units of the grid's spacing.
float Grid(vec2 p, vec2 pixels_per_unit, float half_line) {
  vec2 from_line = abs(fract(p - 0.5) - 0.5);
  vec2 covered = clamp((half_line - from_line) * pixels_per_unit + 0.5, 0.0, 1.0) * min(vec2(1.0), 2.0 * half_line * pixels_per_unit);
  return max(covered.x, covered.y);
}

void main() {
  vec2 p = floor_point.xy;
  vec2 pixels_per_metre = 1.0 / max(fwidth(p), 1e-5);
  float minor = Grid(p, pixels_per_metre, 0.004) * floor_point.z;
  float major = Grid(0.2 * p, 5.0 * pixels_per_metre, 0.0012) * floor_point.w;
  float near_start = 1.0 / (1.0 + 0.02 * dot(p, p));
  near_start *= near_start;
  float share = min(0.75 * minor + 0.5 * major, 1.0) * (0.6 + 0.4 * near_start);
  color = Dithered(base.rgb + clearness * (near_start * pool + share * line), base.a);
}
