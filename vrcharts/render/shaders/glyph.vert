#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

struct Glyph {
  vec4 box;  // x0 y0 x1 y1
  uvec2 uv;  // unorm16 pairs
  uint color;
  uint panel;
};
layout(set = 0, binding = 6, std430) readonly buffer Glyphs { Glyph glyphs[]; };

layout(location = 0) out vec2 uv;
layout(location = 1) flat out vec4 ink;
// Screen pixels over which the stored distance runs from 0 to 1; mip level of the atlas; coverage at the outline.
layout(location = 2) flat out vec3 scale;

void main() {
  Glyph glyph = glyphs[gl_VertexIndex >> 2];
  Panel panel = panels[glyph.panel];
  bool right = (gl_VertexIndex & 1) != 0;
  bool low = (gl_VertexIndex & 2) != 0;
  vec2 uv0 = unpackUnorm2x16(glyph.uv.x);
  vec2 uv1 = unpackUnorm2x16(glyph.uv.y);
  vec4 box = glyph.box;
  ink = Unpack(glyph.color);
  // Light is added up, not what the eye makes of it: dark ink on a light ground would look thinner than light ink on a dark one.
  float outline = 0.5 + 0.3 * frame.light_theme * (1.0 - dot(ink.rgb, vec3(0.2126, 0.7152, 0.0722)));
  Plane plane = ClipPlane(panel);
  // The same for the whole glyph: it is small, and worked out here it costs the pixels nothing. 0.87: panels are rarely seen face on.
  float atlas_pixels_per_point = (uv1.x - uv0.x) * frame.atlas_size.x / max(box.z - box.x, 1e-3);
  float pixels = 0.87 * PixelsPerPoint(panel, At(plane, box.xy).w) / atlas_pixels_per_point;
  scale = vec3(max(frame.atlas_range * pixels, 1.0), max(-log2(max(pixels, 1e-6)), 0.0), outline);
  // Large text does not need all of the atlas's margin: two pixels beyond the outline nothing is drawn.
  float spare = max(0.5 * frame.atlas_range - 2.0 / max(pixels, 1e-6), 0.0);
  vec2 side = vec2(right ? 1.0 : -1.0, low ? 1.0 : -1.0);
  uv = vec2(right ? uv1.x : uv0.x, low ? uv1.y : uv0.y) - side * spare / frame.atlas_size;
  gl_Position = At(plane, vec2(right ? box.z : box.x, low ? box.w : box.y) - side * spare / atlas_pixels_per_point);
  gl_Position.z *= kMarkBias;
}
