#version 460

layout(location = 0) in vec2 local;
layout(location = 1) flat in vec4 fill;
layout(location = 2) flat in vec4 stroke;
layout(location = 3) flat in vec4 shape;
layout(location = 0) out vec4 color;

float Coverage(float x, float half_extent, float width) {
  float low = max(-half_extent, x - 0.5 * width);
  float high = min(half_extent, x + 0.5 * width);
  return clamp((high - low) / width, 0.0, 1.0);
}

void main() {
  vec2 half_extent = shape.xy;
  float radius = shape.z;
  float stroke_width = shape.w;
  vec2 pixel = max(fwidth(local), 1e-6);
  float inside;
  float core = 1.0;  // share of the pixel within the stroke
  if (radius <= 0.0 && stroke_width <= 0.0) {
    inside = Coverage(local.x, half_extent.x, pixel.x) * Coverage(local.y, half_extent.y, pixel.y);
  } else {
    vec2 q = abs(local) - half_extent + radius;
    float distance = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius;
    float width = max(pixel.x, pixel.y);
    inside = clamp(0.5 - distance / width, 0.0, 1.0);
    if (stroke_width > 0.0) core = clamp(0.5 - (distance + stroke_width) / width, 0.0, 1.0);
  }
  vec4 within = vec4(fill.rgb * fill.a, fill.a);
  vec4 edge = vec4(stroke.rgb, 1.0) * stroke.a + within * (1.0 - stroke.a);
  color = mix(edge, within, core) * inside;
  if (color.a <= 0.0) discard;
}
