#version 460
#extension GL_GOOGLE_include_directive : require
#include "scene.glsl"

struct Area {
  vec4 edge;  // x0 y0 x1 y1
  float base;
  uint top;
  uint bottom;
  uint panel;
};
layout(set = 0, binding = 3, std430) readonly buffer Areas { Area areas[]; };

layout(location = 0) out vec4 fill;  // linear, premultiplied

void main() {
  Area area = areas[gl_VertexIndex >> 2];
  Panel panel = panels[area.panel];
  bool right = (gl_VertexIndex & 1) != 0;
  bool low = (gl_VertexIndex & 2) != 0;
  vec2 point = right ? area.edge.zw : area.edge.xy;
  if (low) point.y = area.base;
  gl_Position = ClipFromPoint(panel, point);
  gl_Position.z *= kMarkBias;
  vec4 c = Unpack(low ? area.bottom : area.top);
  c.a *= panel.opacity;
  fill = vec4(c.rgb * c.a, c.a);
}
