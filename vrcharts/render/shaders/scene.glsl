// What every shader of the scene sees: the views, the panels, and the helpers that place a panel's points on the screen.
// Mirrors the structs in vrcharts/render/renderer.cc; all of it is written once a frame or less.

#extension GL_EXT_multiview : require

struct View {
  mat4 clip_from_world;
  mat4 direction_from_ndc;  // a point of the near plane, relative to the eye, in world axes
  vec4 eye;                 // xyz: position in the world; w: pixels that one metre at one metre's distance covers
};

layout(set = 0, binding = 0, std140) uniform Frame {
  View views[2];
  vec2 viewport;      // pixels
  vec2 atlas_size;    // pixels
  float atlas_range;  // atlas pixels between the distances stored as 0 and 1
  float vignette;     // 0 none .. 1 strong
  float room;         // 0: nothing around the panels; 1: floor and horizon
  float light_theme;  // 0 dark .. 1 light
} frame;

// With multiview both eyes are drawn at once and gl_ViewIndex tells them apart; without it each eye has a pass of its own.
layout(push_constant) uniform Pass { int first_view; } pass;

int ViewIndex() { return pass.first_view + int(gl_ViewIndex); }

struct Panel {
  mat4 world_from_points;
  float metres_per_point;
  float highlight;  // 0..1
  float hole;       // 1: the background's inside is transparent
  float reserved;
};

layout(set = 0, binding = 1, std430) readonly buffer Panels { Panel panels[]; };

// Marks lie this much (relative to the distance) in front of the panel that carries them, so that they win against its depth and lose
// against the depth of a panel that hangs in front.
const float kMarkBias = 1.0005;

// Lines are widened on the screen, off the panel's plane: on a panel seen from the side the depth there is that of a pixel or two away.
const float kLineBias = 1.01;

vec4 ClipFromPoint(Panel panel, vec2 point) {
  return frame.views[ViewIndex()].clip_from_world * (panel.world_from_points * vec4(point, 0.0, 1.0));
}

// Screen pixels that one point of the panel covers at a place with this clip w, seen face on.
float PixelsPerPoint(Panel panel, float w) {
  return panel.metres_per_point * frame.views[ViewIndex()].eye.w / max(w, 1e-4);
}

// A panel's plane in clip space: points of it are then a sum away.
struct Plane {
  vec4 origin, x, y;
};

Plane ClipPlane(Panel panel) {
  mat4 clip_from_world = frame.views[ViewIndex()].clip_from_world;
  return Plane(clip_from_world * panel.world_from_points[3], clip_from_world * panel.world_from_points[0],
               clip_from_world * panel.world_from_points[1]);
}

vec4 At(Plane plane, vec2 point) { return plane.origin + point.x * plane.x + point.y * plane.y; }

// What fwidth() of a point's place on the plane is there: how far a pixel reaches, in points. Seen edge-on, at most a few pixels.
vec2 PixelAt(Plane plane, vec4 clip) {
  vec2 right = (plane.x.xy - clip.xy * (plane.x.w / clip.w)) * frame.viewport;  // half pixels times w for a point
  vec2 down = (plane.y.xy - clip.xy * (plane.y.w / clip.w)) * frame.viewport;
  float area = abs(right.x * down.y - right.y * down.x);
  vec2 longest = 8.0 / max(vec2(length(right), length(down)), 1e-6);
  return clip.w * min(2.0 * vec2(abs(down.x) + abs(down.y), abs(right.x) + abs(right.y)) / max(area, 1e-9), longest);
}

vec3 LinearFromSrgb(vec3 c) {
  return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c));
}

// Packed sRGB with straight alpha -> linear with straight alpha.
vec4 Unpack(uint rgba) {
  vec4 c = unpackUnorm4x8(rgba);
  return vec4(LinearFromSrgb(c.rgb), c.a);
}

// The share of the interval [x - width / 2, x + width / 2] that lies within [-half_extent, half_extent].
float Coverage(float x, float half_extent, float width) {
  float low = max(-half_extent, x - 0.5 * width);
  float high = min(half_extent, x + 0.5 * width);
  return clamp((high - low) / width, 0.0, 1.0);
}
