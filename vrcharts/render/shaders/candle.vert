#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

struct Candle {
  float x;
  float half_width;
  float open, high, low, close;  // y in points: high is the smallest
  uint color;
  uint panel_and_style;
};
layout(set = 0, binding = 4, std430) readonly buffer Candles { Candle candles[]; };

layout(location = 0) out vec2 local;       // points; x from the middle of the bar
layout(location = 1) flat out vec4 fill;
layout(location = 2) flat out vec4 prices;  // open, high, low, close
layout(location = 3) flat out vec2 shape;   // half width, style

void main() {
  Candle candle = candles[gl_VertexIndex >> 2];
  Panel panel = panels[candle.panel_and_style & 0xffffu];
  vec2 side = 2.0 * vec2(gl_VertexIndex & 1, (gl_VertexIndex >> 1) & 1) - 1.0;
  float top = min(min(candle.high, candle.low), min(candle.open, candle.close));
  float bottom = max(max(candle.high, candle.low), max(candle.open, candle.close));
  vec2 corner = vec2(side.x * candle.half_width, side.y < 0.0 ? top : bottom);
  Plane plane = ClipPlane(panel);
  // Nothing is thinner than a pixel (candle.frag), and half a pixel more is the anti-aliased edge.
  vec2 pixel = PixelAt(plane, At(plane, vec2(candle.x, 0.0) + corner));
  vec2 thin = vec2(candle.half_width < 0.5 * pixel.x ? 0.5 * pixel.x - candle.half_width : 0.0, 0.5 * pixel.y);
  local = corner + side * (0.55 * pixel + thin);
  gl_Position = At(plane, vec2(candle.x, 0.0) + local);
  gl_Position.z *= kMarkBias;
  fill = Unpack(candle.color);
  prices = vec4(candle.open, candle.high, candle.low, candle.close);
  shape = vec2(candle.half_width, float(candle.panel_and_style >> 16));
}
