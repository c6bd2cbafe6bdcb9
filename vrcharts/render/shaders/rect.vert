#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"
#include "rect.glsl"

layout(location = 0) out vec2 local;  // points from the centre
layout(location = 1) flat out vec4 fill;
layout(location = 2) flat out vec4 stroke;
layout(location = 3) flat out vec4 shape;  // half extent, radius, stroke width

void main() {
  Rect rect = rects[gl_VertexIndex >> 2];
  Panel panel = panels[rect.panel_and_stroke_width & 0xffffu];
  vec2 corner = vec2(gl_VertexIndex & 1, (gl_VertexIndex >> 1) & 1);
  vec2 centre = 0.5 * (rect.box.xy + rect.box.zw);
  vec2 half_extent = 0.5 * (rect.box.zw - rect.box.xy);
  vec2 side = 2.0 * corner - 1.0;
  Plane plane = ClipPlane(panel);
  // Half a pixel of room for the anti-aliased edge, and no more: a volume bar is a few pixels wide.
  vec2 pixel = PixelAt(plane, At(plane, centre + side * half_extent));
  if (rect.radius > 0.0 || (rect.panel_and_stroke_width >> 16) != 0u) pixel = vec2(max(pixel.x, pixel.y));
  local = side * (half_extent + 0.55 * pixel);
  gl_Position = At(plane, centre + local);
  gl_Position.z *= kMarkBias;
  fill = Unpack(rect.fill);
  stroke = Unpack(rect.stroke);
  shape = vec4(half_extent, min(rect.radius, min(half_extent.x, half_extent.y)),
               float(rect.panel_and_stroke_width >> 16) / 16.0);
}
