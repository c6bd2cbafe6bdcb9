#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

struct Point {
  vec2 position;
  uint color;
  uint panel_width_flags;  // 16 bits panel, 8 bits width in 1/16 point, 8 bits flags
};
layout(set = 0, binding = 5, std430) readonly buffer Points { Point points[]; };

const uint kStart = 1u;
const uint kDashed = 2u;

// All in pixels of the screen. Directions are those of the neighbouring segments, zero where the line ends.
layout(location = 0) flat out vec4 ends;        // a, b
layout(location = 1) flat out vec4 neighbours;  // direction into a, direction out of b
layout(location = 2) flat out vec4 stroke;      // linear, straight alpha
layout(location = 3) out vec2 dash;             // x: points along the segment; y: dash length in points, 0 for none
layout(location = 4) noperspective out float half_width;

uint Flags(Point p) { return p.panel_width_flags >> 24; }

// Where the point is on the screen, in pixels. The near plane is far closer than any panel gets, so w > 0 for all that is seen.
vec2 Screen(vec4 clip) { return (0.5 * clip.xy / clip.w + 0.5) * frame.viewport; }

vec2 SafeDirection(vec2 d) {
  float length_of_d = length(d);
  return length_of_d > 1e-3 ? d / length_of_d : vec2(0.0);
}

void main() {
  int i = gl_VertexIndex >> 2;
  Point a = points[i];
  Point b = points[i + 1];
  Panel panel = panels[a.panel_width_flags & 0xffffu];
  vec4 clip_a = ClipFromPoint(panel, a.position);
  vec4 clip_b = ClipFromPoint(panel, b.position);
  // The gap between two lines, or behind the eye: nothing to draw.
  if ((Flags(b) & kStart) != 0u || clip_a.w < 1e-3 || clip_b.w < 1e-3) {
    gl_Position = vec4(0.0, 0.0, 0.0, 1.0);
    ends = vec4(0.0);
    neighbours = vec4(0.0);
    stroke = vec4(0.0);
    dash = vec2(0.0);
    half_width = 0.0;
    return;
  }
  vec2 screen_a = Screen(clip_a);
  vec2 screen_b = Screen(clip_b);
  ends = vec4(screen_a, screen_b);
  vec2 along = SafeDirection(screen_b - screen_a);
  if (along == vec2(0.0)) along = vec2(1.0, 0.0);

  neighbours = vec4(0.0);
  if ((Flags(a) & kStart) == 0u && i > 0) {
    neighbours.xy = SafeDirection(screen_a - Screen(ClipFromPoint(panel, points[i - 1].position)));
  }
  Point next = points[i + 2];  // the buffer ends with a start
  if ((Flags(next) & kStart) == 0u) {
    neighbours.zw = SafeDirection(Screen(ClipFromPoint(panel, next.position)) - screen_b);
  }

  bool at_b = (gl_VertexIndex & 1) != 0;
  vec4 clip = at_b ? clip_b : clip_a;
  float width = float((a.panel_width_flags >> 16) & 0xffu) / 16.0;
  float true_half = 0.5 * width * PixelsPerPoint(panel, clip.w);
  half_width = max(true_half, 0.5);  // never thinner than a pixel, but fainter
  stroke = Unpack(a.color);
  stroke.a *= clamp(0.35 + 0.65 * true_half / half_width, 0.0, 1.0);

  float side = (gl_VertexIndex & 2) != 0 ? 1.0 : -1.0;
  float reach = half_width + 1.0;
  vec2 offset = (at_b ? along : -along) * reach + vec2(-along.y, along.x) * side * reach;
  gl_Position = clip;
  gl_Position.xy += 2.0 * offset / frame.viewport * clip.w;
  gl_Position.z *= kLineBias;

  bool dashed = (Flags(a) & kDashed) != 0u;
  float span = distance(a.position, b.position);
  dash = vec2(at_b ? span : 0.0, dashed ? max(4.0, 3.0 * width) : 0.0);
}
