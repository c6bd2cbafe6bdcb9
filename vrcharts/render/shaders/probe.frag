#version 460

layout(location = 0) flat in float view;
layout(location = 0) out vec4 color;

void main() { color = vec4(view); }
