#version 460

layout(early_fragment_tests) in;
layout(location = 0) flat in vec4 ends;
layout(location = 1) flat in vec4 neighbours;
layout(location = 2) flat in vec4 stroke;
layout(location = 3) in vec2 dash;
layout(location = 4) noperspective in float half_width;
layout(location = 0) out vec4 color;

void main() {
  vec2 p = gl_FragCoord.xy;
  vec2 a = ends.xy;
  vec2 ab = ends.zw - a;
  float t = clamp(dot(p - a, ab) / max(dot(ab, ab), 1e-6), 0.0, 1.0);
  float share = clamp(half_width + 0.5 - distance(p, a + t * ab), 0.0, 1.0);

  // At a joint each pixel belongs to one of the two segments, the one on its side of the bisector: nothing is blended twice.
  vec2 along = normalize(ab + vec2(1e-9, 0.0));
  float near_joint = 2.0 * half_width + 1.0;
  vec2 bisector = neighbours.xy + along;
  if (neighbours.xy != vec2(0.0) && distance(p, a) < near_joint && dot(p - a, bisector) < 0.0) discard;
  bisector = neighbours.zw + along;
  if (neighbours.zw != vec2(0.0) && distance(p, ends.zw) < near_joint && dot(p - ends.zw, bisector) >= 0.0) discard;

  if (dash.y > 0.0) {
    float phase = mod(dash.x, 2.0 * dash.y);
    float pixel = max(fwidth(dash.x), 1e-6);
    share *= clamp((0.5 * dash.y - abs(phase - 0.5 * dash.y)) / pixel + 0.5, 0.0, 1.0);
  }
  float alpha = stroke.a * share;
  color = vec4(stroke.rgb * alpha, alpha);
  if (alpha <= 0.0) discard;
}
