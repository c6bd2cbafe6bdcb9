#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

// A dark room without walls: a floor with a grid that never moves against the world, and a horizon. Both are what the eyes hold on to
// while walking.

layout(location = 0) in vec3 direction;
layout(location = 0) out vec4 color;

float Grid(vec2 p, vec2 pixel, float spacing, float half_line) {
  vec2 from_line = abs(fract(p / spacing - 0.5) - 0.5) * spacing;
  vec2 width = max(pixel, 1e-5);
  vec2 line = clamp((half_line - from_line) / width + 0.5, 0.0, 1.0) * min(vec2(1.0), 2.0 * half_line / width);
  return max(line.x, line.y);
}

void main() {
  vec3 dir = normalize(direction);
  vec3 eye = frame.views[ViewIndex()].eye.xyz;
  vec3 horizon = mix(LinearFromSrgb(vec3(0.098, 0.129, 0.176)), LinearFromSrgb(vec3(0.72, 0.75, 0.79)), frame.light_theme);
  vec3 zenith = mix(LinearFromSrgb(vec3(0.020, 0.027, 0.043)), LinearFromSrgb(vec3(0.83, 0.86, 0.89)), frame.light_theme);
  vec3 ground = mix(LinearFromSrgb(vec3(0.031, 0.039, 0.055)), LinearFromSrgb(vec3(0.64, 0.67, 0.71)), frame.light_theme);
  vec3 grid = mix(LinearFromSrgb(vec3(0.16, 0.22, 0.31)), LinearFromSrgb(vec3(0.52, 0.57, 0.64)), frame.light_theme);

  vec3 sky = mix(horizon, zenith, 1.0 - exp(-4.5 * max(dir.y, 0.0)));
  sky += mix(0.35, 0.10, frame.light_theme) * horizon * exp(-60.0 * max(dir.y, 0.0));  // a line of light where the floor ends
  // Derivatives must be taken where all pixels take part, so the floor is computed above the horizon, too, and not used there.
  float down = max(-dir.y, 1e-4);
  vec2 floor_point = eye.xz + dir.xz / down * max(eye.y, 0.05);
  vec2 pixel = fwidth(floor_point);
  vec3 result = sky;
  if (dir.y < 0.0) {
    float distance = length(floor_point - eye.xz);
    float from_start = length(floor_point);
    float pool = exp(-0.035 * from_start * from_start);  // a pool of light where the person starts
    vec3 tile = ground * (1.0 + mix(1.6, 0.25, frame.light_theme) * pool);
    float minor = Grid(floor_point, pixel, 1.0, 0.004) * exp(-0.10 * distance);
    float major = Grid(floor_point, pixel, 5.0, 0.006) * exp(-0.04 * distance);
    tile = mix(tile, grid, clamp(0.75 * minor + 0.5 * major, 0.0, 1.0) * (0.6 + 0.4 * pool));
    result = mix(tile, mix(1.35, 1.10, frame.light_theme) * horizon, 1.0 - exp(-0.05 * distance));
  }
  // A fixed dither hides the bands that eight bits leave in dark gradients.
  float noise = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
  result += (noise - 0.5) * (0.35 / 255.0) * (0.2 + 8.0 * sqrt(max(result, 0.0)));
  color = vec4(result, 1.0);
}
