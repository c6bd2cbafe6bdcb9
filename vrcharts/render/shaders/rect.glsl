struct Rect {
  vec4 box;  // x0 y0 x1 y1
  uint fill;
  uint stroke;
  float radius;
  uint panel_and_stroke_width;
};
layout(set = 0, binding = 2, std430) readonly buffer Rects { Rect rects[]; };
