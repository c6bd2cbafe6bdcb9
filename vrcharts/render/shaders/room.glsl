// A fixed dither hides the bands that eight bits leave in dark gradients.
vec4 Dithered(vec3 color, float strength) {
  float noise = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
  return vec4(color + (noise - 0.5) * strength, 1.0);
}
