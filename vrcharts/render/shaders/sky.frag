#version 460
#extension GL_GOOGLE_include_directive : require
#include "room.glsl"

layout(early_fragment_tests) in;
layout(location = 0) in vec4 base;
layout(location = 0) out vec4 color;

void main() { color = Dithered(base.rgb, base.a); }
