#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

struct Area {
  vec4 edge;  // x0 y0 x1 y1
  float base;
  uint top;
  uint bottom;
  uint panel_and_reach;
};
layout(set = 0, binding = 3, std430) readonly buffer Areas { Area areas[]; };

layout(location = 0) out vec4 fill;  // linear, premultiplied

void main() {
  Area area = areas[gl_VertexIndex >> 2];
  Panel panel = panels[area.panel_and_reach & 0xffffu];
  bool right = (gl_VertexIndex & 1) != 0;
  bool low = (gl_VertexIndex & 2) != 0;
  vec2 point = right ? area.edge.zw : area.edge.xy;
  if (low) point.y = area.base;
  gl_Position = ClipFromPoint(panel, point);
  gl_Position.z *= kMarkBias;
  vec4 top = Unpack(area.top);
  vec4 bottom = Unpack(area.bottom);
  float height = clamp(abs(point.y - area.base) / float(area.panel_and_reach >> 16), 0.0, 1.0);
  fill = mix(vec4(bottom.rgb, 1.0) * bottom.a, vec4(top.rgb, 1.0) * top.a, height);
}
