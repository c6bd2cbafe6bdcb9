#version 460

layout(early_fragment_tests) in;
layout(location = 0) in vec2 local;
layout(location = 1) flat in vec4 fill;
layout(location = 2) flat in vec4 prices;
layout(location = 3) flat in vec2 shape;
layout(location = 0) out vec4 color;

const float kHollow = 1.0;
const float kOhlc = 2.0;

float Coverage(float x, float half_extent, float width) {
  float low = max(-half_extent, x - 0.5 * width);
  float high = min(half_extent, x + 0.5 * width);
  return clamp((high - low) / width, 0.0, 1.0);
}

// Nothing is thinner than a pixel: a day without movement is still a line.
float Box(vec2 point, vec2 centre, vec2 half_extent, vec2 pixel) {
  half_extent = max(half_extent, 0.5 * pixel);
  return Coverage(point.x - centre.x, half_extent.x, pixel.x) * Coverage(point.y - centre.y, half_extent.y, pixel.y);
}

void main() {
  vec2 pixel = max(fwidth(local), 1e-6);
  float half_width = shape.x;
  float open = prices.x, high = prices.y, low = prices.z, close = prices.w;
  float half_stem = min(0.5, 0.3 * half_width);
  float stem = Box(local, vec2(0.0, 0.5 * (high + low)), vec2(half_stem, 0.5 * abs(low - high)), pixel);
  float share;
  if (shape.y == kOhlc) {
    float half_tick = max(half_stem, 0.5 * pixel.y);
    float left = Box(local, vec2(-0.5 * half_width, open), vec2(0.5 * half_width, half_tick), pixel);
    float right = Box(local, vec2(0.5 * half_width, close), vec2(0.5 * half_width, half_tick), pixel);
    share = max(stem, max(left, right));
  } else {
    vec2 centre = vec2(0.0, 0.5 * (open + close));
    vec2 half_body = vec2(half_width, 0.5 * abs(open - close));
    float body = Box(local, centre, half_body, pixel);
    share = max(stem, body);
    if (shape.y == kHollow) {
      vec2 half_hole = half_body - max(vec2(1.0), pixel);
      if (half_hole.x > 0.0 && half_hole.y > 0.0) {
        share -= Coverage(local.x, half_hole.x, pixel.x) * Coverage(local.y - centre.y, half_hole.y, pixel.y);
      }
    }
  }
  float alpha = fill.a * clamp(share, 0.0, 1.0);
  color = vec4(fill.rgb * alpha, alpha);
  if (alpha <= 0.0) discard;
}
