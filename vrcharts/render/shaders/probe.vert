#version 460
#extension GL_EXT_multiview : require

// multiview.cc: the whole picture in a colour that tells the views apart.

layout(location = 0) flat out float view;

void main() {
  view = float(gl_ViewIndex);
  gl_Position = vec4(vec2((gl_VertexIndex << 1) & 2, gl_VertexIndex & 2) * 2.0 - 1.0, 0.0, 1.0);
}
