#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

// A dark room without walls: a floor with a grid that never moves against the world, and a horizon. Both are what the eyes hold on to
// while walking. All that changes slowly is worked out here, at the corners of a coarse mesh around the eye, so that next to nothing is
// left for the pixels.

layout(constant_id = 0) const bool kFloor = false;

layout(location = 0) out vec4 base;   // linear; a: strength of the dither
layout(location = 1) out vec4 floor_point;  // x, z in metres; how much of the fine and of the coarse lines is left at this distance
layout(location = 2) out float clearness;   // what the haze leaves of the floor
layout(location = 3) flat out vec3 line;    // what a line adds to the floor's colour
layout(location = 4) flat out vec3 pool;    // what the light around the start adds

const int kAround = 40;  // mirrored in renderer.cc
const int kSkyRings = 13;
const int kFloorRings = 14;
const float kSky[kSkyRings + 1] = float[](0.0, 0.006, 0.013, 0.022, 0.035, 0.05, 0.075, 0.12, 0.19, 0.3, 0.48, 0.75, 1.1, 1.5708);
const float kRadius[kFloorRings + 1] =
    float[](0.0, 0.7, 1.5, 2.5, 4.0, 6.0, 9.0, 13.0, 19.0, 28.0, 42.0, 65.0, 100.0, 170.0, 300.0);
const float kFarthest = 300.0;

struct Colors {
  vec3 horizon, zenith, ground, grid;
};

Colors ThemeColors() {
  Colors colors;
  float light = frame.light_theme;
  colors.horizon = mix(LinearFromSrgb(vec3(0.098, 0.129, 0.176)), LinearFromSrgb(vec3(0.72, 0.75, 0.79)), light);
  colors.zenith = mix(LinearFromSrgb(vec3(0.020, 0.027, 0.043)), LinearFromSrgb(vec3(0.83, 0.86, 0.89)), light);
  colors.ground = mix(LinearFromSrgb(vec3(0.031, 0.039, 0.055)), LinearFromSrgb(vec3(0.64, 0.67, 0.71)), light);
  colors.grid = mix(LinearFromSrgb(vec3(0.16, 0.22, 0.31)), LinearFromSrgb(vec3(0.52, 0.57, 0.64)), light);
  return colors;
}

void main() {
  int cell = gl_VertexIndex >> 2;
  int ring = cell / kAround + ((gl_VertexIndex >> 1) & 1);
  float angle = 6.2831853 * float(cell % kAround + (gl_VertexIndex & 1)) / float(kAround);
  vec2 around = vec2(cos(angle), sin(angle));
  View view = frame.views[ViewIndex()];
  float height = max(view.eye.y, 0.05);
  Colors colors = ThemeColors();
  float light = frame.light_theme;
  floor_point = vec4(0.0);
  clearness = 0.0;
  vec4 place;
  if (kFloor) {
    float distance = kRadius[ring];
    floor_point = vec4(view.eye.xz + around * distance, exp(-0.10 * distance), exp(-0.04 * distance));
    place = vec4(floor_point.x, view.eye.y - height, floor_point.y, 1.0);
    clearness = exp(-0.05 * distance);
    base.rgb = mix(mix(1.35, 1.10, light) * colors.horizon, colors.ground, clearness);
  } else {
    // Begins where the floor's mesh ends, a little below the horizon.
    float elevation = ring == 0 ? -height / kFarthest : kSky[ring];
    place = vec4(around.x * cos(elevation), sin(elevation), around.y * cos(elevation), 0.0);
    float up = max(place.y, 0.0);
    base.rgb = mix(colors.horizon, colors.zenith, 1.0 - exp(-4.5 * up));
    base.rgb += mix(0.35, 0.10, light) * colors.horizon * exp(-60.0 * up);  // a line of light where the floor ends
  }
  base.a = (0.35 / 255.0) * (0.2 + 8.0 * sqrt(base.g));
  line = colors.grid - colors.ground;
  pool = colors.ground * mix(1.6, 0.25, light);
  gl_Position = view.clip_from_world * place;
  gl_Position.z = 0.0;  // depth is reversed: behind everything
}
