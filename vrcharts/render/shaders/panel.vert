#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"
#include "rect.glsl"

// A panel's background in two parts: its inside, which is opaque and of one colour and so costs next to nothing a pixel, and around it
// a frame of four strips with all that is round, stroked or anti-aliased.

layout(constant_id = 0) const bool kEdge = false;

layout(location = 0) out vec2 local;  // points from the centre
layout(location = 1) flat out vec4 fill;
layout(location = 2) flat out vec4 stroke;
layout(location = 3) flat out vec4 shape;  // half extent, radius, stroke width

void main() {
  // Each rectangle has four strips of four vertices as edge, or four vertices as inside.
  Rect rect = rects[kEdge ? gl_VertexIndex >> 4 : gl_VertexIndex >> 2];
  Panel panel = panels[rect.panel_and_stroke_width & 0xffffu];
  vec2 side;
  bool outer = false;
  if (kEdge) {
    int corner = ((gl_VertexIndex >> 2) + (gl_VertexIndex & 1)) & 3;  // around the rectangle
    side = vec2(corner == 1 || corner == 2 ? 1.0 : -1.0, corner >= 2 ? 1.0 : -1.0);
    outer = (gl_VertexIndex & 2) == 0;
  } else {
    side = vec2((gl_VertexIndex & 1) != 0 ? 1.0 : -1.0, (gl_VertexIndex & 2) != 0 ? 1.0 : -1.0);
  }
  vec2 centre = 0.5 * (rect.box.xy + rect.box.zw);
  vec2 half_extent = 0.5 * (rect.box.zw - rect.box.xy);
  float stroke_width = float(rect.panel_and_stroke_width >> 16) / 16.0 + panel.highlight;
  float pixel = 1.0 / PixelsPerPoint(panel, ClipFromPoint(panel, centre + side * half_extent).w);
  // 0.3 of the radius: where the corner's arc is nearest to the centre, seen from the sides.
  vec2 reach = outer ? half_extent + pixel
                     : max(half_extent - max(0.3 * rect.radius, stroke_width) - 1.5 * pixel, vec2(0.0));
  local = side * reach;
  gl_Position = ClipFromPoint(panel, centre + local);
  fill = Unpack(rect.fill);
  fill.rgb += 0.004 * panel.highlight;
  if (!kEdge) fill = vec4(fill.rgb, 1.0) * (1.0 - panel.hole);
  stroke = mix(Unpack(rect.stroke), vec4(LinearFromSrgb(vec3(0.36, 0.62, 1.0)), 1.0), panel.highlight);
  shape = vec4(half_extent, min(rect.radius, min(half_extent.x, half_extent.y)), stroke_width);
}
