#version 460

layout(early_fragment_tests) in;
layout(location = 1) flat in vec4 fill;
layout(location = 0) out vec4 color;

void main() { color = fill; }
