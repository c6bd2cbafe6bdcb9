#include "vrcharts/render/renderer.h"

#include <time.h>

#include <algorithm>
#include <cstring>

#include "common/explain/explain.h"

namespace vrcharts::render {
namespace {

constexpr uint32_t kMaxViews = 2;

// The meshes of shaders/room.vert.
constexpr uint32_t kSkyCells = 13 * 40, kFloorCells = 14 * 40;
constexpr uint32_t kLargestMesh = std::max(kSkyCells, kFloorCells);
constexpr uint32_t kStripsOfAnEdge = 4;  // shaders/panel.vert

// Mirrors shaders/scene.glsl (std140).
struct GpuView {
  glm::mat4 clip_from_world;
  glm::mat4 direction_from_ndc;
  glm::vec4 eye;
};
struct GpuFrame {
  GpuView views[kMaxViews];
  glm::vec2 viewport;
  glm::vec2 atlas_size;
  float atlas_range;
  float vignette;
  float room;
  float light_theme;
};
struct GpuPanel {
  glm::mat4 world_from_points;
  float metres_per_point;
  float highlight;
  float hole;
  float reserved;
};

absl::Duration ThreadCpuTime() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return absl::DurationFromTimespec(now);
}

GpuView ToGpu(const View& view, VkExtent2D extent) {
  GpuView gpu;
  gpu.clip_from_world = view.clip_from_view * view.view_from_world;
  const glm::mat4 rotation(glm::mat3(view.view_from_world));
  gpu.direction_from_ndc = glm::inverse(view.clip_from_view * rotation);
  gpu.eye = glm::vec4(glm::vec3(glm::inverse(view.view_from_world)[3]), PixelsPerRadian(view, extent.height));
  return gpu;
}

}  // namespace

Attachment ToAttachment(const Image& image) {
  Attachment attachment{image.handle(), image.view(), {}, image.serial()};
  for (size_t i = 0; i < image.layer_views().size() && i < attachment.layers.size(); ++i) {
    attachment.layers[i] = image.layer_views()[i];
  }
  return attachment;
}

absl::StatusOr<std::unique_ptr<Renderer>> Renderer::Create(Device& device, const PipelineOptions& options) {
  if (options.view_count < 1 || options.view_count > kMaxViews) {
    return absl::InvalidArgumentError("the renderer draws one view or two");
  }
  std::unique_ptr<Renderer> renderer(new Renderer(device, options));
  if (absl::Status status = renderer->Init(); !status.ok()) return status;
  return renderer;
}

absl::Status Renderer::Init() {
  absl::StatusOr<std::unique_ptr<Pipelines>> pipelines = Pipelines::Create(device_, options_);
  if (!pipelines.ok()) return pipelines.status();
  pipelines_ = std::move(*pipelines);
  const VkDescriptorPoolSize sizes[] = {
      {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, kFramesInFlight},
      {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, kFramesInFlight * (2 + kMarkKinds)},
      {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, kFramesInFlight},
  };
  VkDescriptorPoolCreateInfo pool{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  pool.maxSets = kFramesInFlight;
  pool.poolSizeCount = 3;
  pool.pPoolSizes = sizes;
  if (absl::Status status = VkStatus(vkCreateDescriptorPool(device_.handle(), &pool, nullptr, &descriptors_),
                                     "creating the descriptor pool");
      !status.ok()) {
    return status;
  }
  for (FrameSlot& slot : slots_) {
    if (absl::Status status = InitSlot(slot); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Renderer::InitSlot(FrameSlot& slot) {
  slot.marks = std::make_unique<MarkBuffers>(device_);
  VkCommandPoolCreateInfo pool{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  pool.queueFamilyIndex = device_.queue_family();
  absl::Status status =
      VkStatus(vkCreateCommandPool(device_.handle(), &pool, nullptr, &slot.pool), "creating a command pool");
  if (!status.ok()) return status;
  VkCommandBufferAllocateInfo commands{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  commands.commandPool = slot.pool;
  commands.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  commands.commandBufferCount = 1;
  status.Update(VkStatus(vkAllocateCommandBuffers(device_.handle(), &commands, &slot.commands), "allocating commands"));
  VkFenceCreateInfo fence{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  status.Update(VkStatus(vkCreateFence(device_.handle(), &fence, nullptr, &slot.fence), "creating a fence"));
  if (device_.timestamp_period() > 0) {
    VkQueryPoolCreateInfo queries{VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO};
    queries.queryType = VK_QUERY_TYPE_TIMESTAMP;
    queries.queryCount = 2;
    status.Update(
        VkStatus(vkCreateQueryPool(device_.handle(), &queries, nullptr, &slot.timestamps), "creating GPU timers"));
  }
  VkDescriptorSetLayout layout = pipelines_->set_layout();
  VkDescriptorSetAllocateInfo set{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
  set.descriptorPool = descriptors_;
  set.descriptorSetCount = 1;
  set.pSetLayouts = &layout;
  status.Update(VkStatus(vkAllocateDescriptorSets(device_.handle(), &set, &slot.set), "allocating descriptors"));
  if (!status.ok()) return status;
  absl::StatusOr<Buffer> frame = Buffer::Create(device_, sizeof(GpuFrame), VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, "frame");
  if (!frame.ok()) return frame.status();
  slot.frame = std::move(*frame);
  return absl::OkStatus();
}

Renderer::~Renderer() {
  if (device_.handle() != VK_NULL_HANDLE) vkDeviceWaitIdle(device_.handle());
  for (FrameSlot& slot : slots_) {
    if (slot.timestamps != VK_NULL_HANDLE) vkDestroyQueryPool(device_.handle(), slot.timestamps, nullptr);
    if (slot.fence != VK_NULL_HANDLE) vkDestroyFence(device_.handle(), slot.fence, nullptr);
    if (slot.pool != VK_NULL_HANDLE) vkDestroyCommandPool(device_.handle(), slot.pool, nullptr);
  }
  if (descriptors_ != VK_NULL_HANDLE) vkDestroyDescriptorPool(device_.handle(), descriptors_, nullptr);
}

absl::Status Renderer::WaitFor(FrameSlot& slot) {
  if (!slot.submitted) return absl::OkStatus();
  if (absl::Status status =
          VkStatus(vkWaitForFences(device_.handle(), 1, &slot.fence, VK_TRUE, UINT64_MAX), "waiting for a frame");
      !status.ok()) {
    return status;
  }
  slot.submitted = false;
  if (slot.timestamps != VK_NULL_HANDLE) {
    uint64_t ticks[2] = {0, 0};
    if (vkGetQueryPoolResults(device_.handle(), slot.timestamps, 0, 2, sizeof(ticks), ticks, sizeof(uint64_t),
                              VK_QUERY_RESULT_64_BIT) == VK_SUCCESS) {
      cost_.gpu = absl::Nanoseconds(static_cast<double>(ticks[1] - ticks[0]) * device_.timestamp_period());
    }
  }
  return VkStatus(vkResetFences(device_.handle(), 1, &slot.fence), "resetting a fence");
}

absl::Status Renderer::Finish() {
  for (FrameSlot& slot : slots_) {
    if (absl::Status status = WaitFor(slot); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Renderer::Draw(const Target& target, std::span<const View> views, const Scene& scene,
                            const text::Atlas& atlas) {
  if (views.size() != options_.view_count) return absl::InternalError("wrong number of views");
  FrameSlot& slot = slots_[next_slot_];
  if (absl::Status status = WaitFor(slot); !status.ok()) return status;
  const absl::Duration start = ThreadCpuTime();
  if (absl::Status status = Upload(slot, target, views, scene, atlas); !status.ok()) return status;
  step_ = ground_.Next(ShownGround(target, views, scene));
  if (step_ == Ground::Step::kKeep && !ground_.Fits(target.extent)) {
    absl::Status status = Finish();
    if (status.ok()) status = ground_.Resize(target.extent, options_.color_format);
    if (!status.ok()) return status;
  }
  const absl::Duration uploaded = ThreadCpuTime();
  if (absl::Status status = Record(slot, target, scene); !status.ok()) return status;
  if (absl::Status status = Submit(slot, target); !status.ok()) return status;
  cost_.upload = uploaded - start;
  cost_.driver = ThreadCpuTime() - uploaded;
  next_slot_ = (next_slot_ + 1) % kFramesInFlight;
  return absl::OkStatus();
}

absl::Status Renderer::Upload(FrameSlot& slot, const Target& target, std::span<const View> views, const Scene& scene,
                              const text::Atlas& atlas) {
  if (atlas_.empty() || atlas.revision() != atlas_.revision()) {
    const text::AtlasImage image = atlas.Image();
    if (absl::Status status = atlas_.Prepare(image, next_slot_); !status.ok()) return status;
    atlas_range_ = image.range;
    atlas_size_ = {image.width, image.height};
  }

  GpuFrame frame{};
  for (size_t i = 0; i < views.size(); ++i) frame.views[i] = ToGpu(views[i], target.extent);
  frame.viewport = {target.extent.width, target.extent.height};
  frame.atlas_size = atlas_size_;
  frame.atlas_range = atlas_range_;
  frame.vignette = scene.vignette;
  frame.room = scene.room ? 1.0f : 0.0f;
  frame.light_theme = scene.light_theme ? 1.0f : 0.0f;
  std::memcpy(slot.frame.data(), &frame, sizeof(frame));

  bool reallocated = slot.atlas_view != atlas_.view();
  const size_t panel_bytes = std::max<size_t>(scene.items.size(), 1) * sizeof(GpuPanel);
  if (slot.panels.size() < panel_bytes) {
    absl::StatusOr<Buffer> panels =
        Buffer::Create(device_, 2 * panel_bytes, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, "panels");
    if (!panels.ok()) return panels.status();
    slot.panels = std::move(*panels);
    reallocated = true;
  }
  std::vector<std::shared_ptr<const chart::Geometry>> geometries;
  geometries.reserve(scene.items.size());
  auto* panels = reinterpret_cast<GpuPanel*>(slot.panels.data());
  for (const SceneItem& item : scene.items) {
    const GpuPanel panel{item.world_from_points, item.metres_per_point, item.highlight, item.hole ? 1.0f : 0.0f, 0};
    std::memcpy(panels + geometries.size(), &panel, sizeof(panel));
    geometries.push_back(item.geometry);
  }
  bool marks_reallocated = false;
  if (absl::Status status = slot.marks->Update(geometries, &marks_reallocated); !status.ok()) return status;
  if (absl::Status status = UploadQuads(
          slot, std::max({slot.marks->largest(), kStripsOfAnEdge * slot.marks->background().count, kLargestMesh}));
      !status.ok())
    return status;
  if (absl::Status status = UploadHidden(slot, views, scene, &reallocated); !status.ok()) return status;
  if (reallocated || marks_reallocated) WriteDescriptors(slot);
  cost_.bytes_copied = slot.marks->bytes_copied() + geometries.size() * sizeof(GpuPanel) + sizeof(GpuFrame);
  return absl::OkStatus();
}

absl::Status Renderer::UploadHidden(FrameSlot& slot, std::span<const View> views, const Scene& scene,
                                    bool* reallocated) {
  std::vector<glm::vec4> corners;
  for (size_t i = 0; i < views.size(); ++i) {
    for (const glm::vec2& corner : scene.hidden[i]) {
      const glm::vec4 clip = views[i].clip_from_view * glm::vec4(corner, -1, 1);
      corners.push_back({clip.x / clip.w, clip.y / clip.w, i, 0});
    }
  }
  slot.hidden_corners = static_cast<uint32_t>(corners.size());
  const size_t bytes = std::max<size_t>(corners.size(), 1) * sizeof(glm::vec4);  // never none: shaders name it
  if (slot.hidden.size() < bytes) {
    absl::StatusOr<Buffer> hidden = Buffer::Create(device_, bytes, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, "hidden");
    if (!hidden.ok()) return hidden.status();
    slot.hidden = std::move(*hidden);
    *reallocated = true;
  }
  std::memcpy(slot.hidden.data(), corners.data(), corners.size() * sizeof(glm::vec4));
  return absl::OkStatus();
}

// Two triangles a mark: vertex 4 i + corner is corner of mark i in every vertex shader.
absl::Status Renderer::UploadQuads(FrameSlot& slot, uint32_t count) {
  const size_t bytes = size_t{count} * 6 * sizeof(uint32_t);
  if (slot.quads.size() >= bytes) return absl::OkStatus();
  absl::StatusOr<Buffer> quads = Buffer::Create(device_, 2 * bytes, VK_BUFFER_USAGE_INDEX_BUFFER_BIT, "quads");
  if (!quads.ok()) return quads.status();
  slot.quads = std::move(*quads);
  auto* out = reinterpret_cast<uint32_t*>(slot.quads.data());
  for (uint32_t i = 0; i < 2 * count; ++i) {
    for (uint32_t corner : {0u, 1u, 2u, 2u, 1u, 3u}) *out++ = 4 * i + corner;
  }
  return absl::OkStatus();
}

void Renderer::WriteDescriptors(FrameSlot& slot) {
  std::array<VkDescriptorBufferInfo, kBindings> buffers{};
  buffers[kFrameBinding] = {slot.frame.handle(), 0, VK_WHOLE_SIZE};
  buffers[kPanelsBinding] = {slot.panels.handle(), 0, VK_WHOLE_SIZE};
  buffers[kHiddenBinding] = {slot.hidden.handle(), 0, VK_WHOLE_SIZE};
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    buffers[kRectsBinding + kind] = {slot.marks->buffer(static_cast<MarkKind>(kind)), 0, VK_WHOLE_SIZE};
  }
  const VkDescriptorImageInfo atlas{pipelines_->sampler(), atlas_.view(), VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
  std::array<VkWriteDescriptorSet, kBindings> writes{};
  for (uint32_t i = 0; i < kBindings; ++i) {
    writes[i].sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    writes[i].dstSet = slot.set;
    writes[i].dstBinding = i;
    writes[i].descriptorCount = 1;
    writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    writes[i].pBufferInfo = &buffers[i];
  }
  writes[kFrameBinding].descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
  writes[kAtlasBinding].descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
  writes[kAtlasBinding].pBufferInfo = nullptr;
  writes[kAtlasBinding].pImageInfo = &atlas;
  vkUpdateDescriptorSets(device_.handle(), kBindings, writes.data(), 0, nullptr);
  slot.atlas_view = atlas_.view();
}

absl::Status Renderer::Record(FrameSlot& slot, const Target& target, const Scene& scene) {
  VkCommandBuffer commands = slot.commands;
  absl::Status status = VkStatus(vkResetCommandPool(device_.handle(), slot.pool, 0), "resetting commands");
  VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  status.Update(VkStatus(vkBeginCommandBuffer(commands, &begin), "recording a frame"));
  if (!status.ok()) return status;
  if (slot.timestamps != VK_NULL_HANDLE) {
    vkCmdResetQueryPool(commands, slot.timestamps, 0, 2);
    vkCmdWriteTimestamp2(commands, VK_PIPELINE_STAGE_2_TOP_OF_PIPE_BIT, slot.timestamps, 0);
  }
  atlas_.Record(commands, next_slot_);
  cost_.draw_calls = 0;
  RecordLayouts(commands, target);
  if (step_ == Ground::Step::kKeep) {
    RecordPass(slot, target, ground_.image().view(), scene, kGroundOnly, 0);
    ground_.RecordKept(commands);
  }
  if (step_ != Ground::Step::kDraw) {
    ground_.RecordCopy(commands, target.color.image);
    RecordPass(slot, target, target.color.all, scene, kMarksOnly, 0);
  } else if (pipelines_->passes() == 1) {
    RecordPass(slot, target, target.color.all, scene, kAll, 0);
  } else {
    for (uint32_t pass = 0; pass < pipelines_->passes(); ++pass) {
      RecordPass(slot, target, target.color.layers[pass], scene, kAll, pass);
    }
  }
  if (target.color_after != VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL) {
    RecordBarrier(commands, {.image = target.color.image,
                             .old_layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                             .new_layout = target.color_after,
                             .src_stage = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
                             .dst_stage = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                             .src_access = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
                             .dst_access = VK_ACCESS_2_MEMORY_READ_BIT});
  }
  if (slot.timestamps != VK_NULL_HANDLE) {
    vkCmdWriteTimestamp2(commands, VK_PIPELINE_STAGE_2_BOTTOM_OF_PIPE_BIT, slot.timestamps, 1);
  }
  return VkStatus(vkEndCommandBuffer(commands), "recording a frame");
}

// Makes the images that are drawn into ready for it.
void Renderer::RecordLayouts(VkCommandBuffer commands, const Target& target) {
  if (step_ != Ground::Step::kCopy) {
    RecordBarrier(commands,
                  {.image = step_ == Ground::Step::kKeep ? ground_.image().handle() : target.color.image,
                   .old_layout = VK_IMAGE_LAYOUT_UNDEFINED,
                   .new_layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                   .src_stage = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_2_COPY_BIT,
                   .dst_stage = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
                   .src_access = 0,
                   .dst_access = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT | VK_ACCESS_2_COLOR_ATTACHMENT_READ_BIT});
  }
  // Marks leave the depth as it is: that of a kept ground is still there.
  const bool keep_depth = step_ == Ground::Step::kCopy;
  RecordBarrier(
      commands,
      {.image = target.depth.image,
       .aspect = VK_IMAGE_ASPECT_DEPTH_BIT,
       .old_layout = keep_depth ? VK_IMAGE_LAYOUT_DEPTH_ATTACHMENT_OPTIMAL : VK_IMAGE_LAYOUT_UNDEFINED,
       .new_layout = VK_IMAGE_LAYOUT_DEPTH_ATTACHMENT_OPTIMAL,
       .src_stage = VK_PIPELINE_STAGE_2_LATE_FRAGMENT_TESTS_BIT,
       .dst_stage = VK_PIPELINE_STAGE_2_EARLY_FRAGMENT_TESTS_BIT,
       .src_access = VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT,
       .dst_access = VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT | VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_READ_BIT});
}

std::string Renderer::ShownGround(const Target& target, std::span<const View> views, const Scene& scene) {
  std::string shown;
  if (!target.keeps_ground || views.size() != 1) return shown;
  const auto add = [&shown](const auto& value) { shown.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
  add(target.extent);
  add(target.depth.serial);
  add(views[0]);
  add(scene.room);
  add(scene.light_theme);
  for (const glm::vec2& corner : scene.hidden[0]) add(corner);
  for (const SceneItem& item : scene.items) {
    if (item.geometry == nullptr || item.geometry->base.rects.empty()) continue;
    add(item.world_from_points);
    add(item.metres_per_point);
    add(item.highlight);
    add(item.hole);
    add(item.geometry->base.rects[0]);
  }
  return shown;
}

void Renderer::RecordPass(FrameSlot& slot, const Target& target, VkImageView color_view, const Scene& scene,
                          Parts parts, uint32_t pass) {
  VkCommandBuffer commands = slot.commands;
  const bool one_pass = pipelines_->passes() == 1;
  const VkAttachmentLoadOp load = parts == kMarksOnly ? VK_ATTACHMENT_LOAD_OP_LOAD : VK_ATTACHMENT_LOAD_OP_CLEAR;
  VkRenderingAttachmentInfo color{VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO};
  color.imageView = color_view;
  color.imageLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
  color.loadOp = load;
  color.storeOp = VK_ATTACHMENT_STORE_OP_STORE;
  // What shines through the smooth edges of the panels, for the room comes after them: about the room's colour, linear.
  if (scene.room && scene.light_theme) color.clearValue.color = {{0.5f, 0.53f, 0.58f, 1.0f}};
  if (scene.room && !scene.light_theme) color.clearValue.color = {{0.006f, 0.009f, 0.015f, 1.0f}};
  VkRenderingAttachmentInfo depth{VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO};
  depth.imageView = one_pass ? target.depth.all : target.depth.layers[pass];
  depth.imageLayout = VK_IMAGE_LAYOUT_DEPTH_ATTACHMENT_OPTIMAL;
  depth.loadOp = load;
  depth.storeOp = VK_ATTACHMENT_STORE_OP_STORE;
  VkRenderingInfo rendering{VK_STRUCTURE_TYPE_RENDERING_INFO};
  rendering.renderArea.extent = target.extent;
  rendering.layerCount = 1;
  rendering.viewMask = pipelines_->view_mask();
  rendering.colorAttachmentCount = 1;
  rendering.pColorAttachments = &color;
  rendering.pDepthAttachment = &depth;
  vkCmdBeginRendering(commands, &rendering);
  const VkViewport viewport{0, 0, static_cast<float>(target.extent.width), static_cast<float>(target.extent.height),
                            0, 1};
  const VkRect2D scissor{{0, 0}, target.extent};
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &scissor);
  const int32_t first_view = static_cast<int32_t>(pass);
  vkCmdPushConstants(commands, pipelines_->layout(), VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0,
                     sizeof(first_view), &first_view);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipelines_->layout(), 0, 1, &slot.set, 0, nullptr);
  vkCmdBindIndexBuffer(commands, slot.quads.handle(), 0, VK_INDEX_TYPE_UINT32);
  if (parts != kMarksOnly) RecordGround(slot, scene);
  if (parts != kGroundOnly) RecordMarks(slot, scene);
  vkCmdEndRendering(commands);
}

void Renderer::DrawQuads(VkCommandBuffer commands, PipelineKind kind, MarkBuffers::Range range) {
  if (range.count == 0) return;
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipelines_->pipeline(kind));
  vkCmdDrawIndexed(commands, 6 * range.count, 1, 6 * range.first, 0, 0);
  ++cost_.draw_calls;
}

void Renderer::RecordGround(FrameSlot& slot, const Scene& scene) {
  VkCommandBuffer commands = slot.commands;
  if (slot.hidden_corners > 0) {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipelines_->pipeline(PipelineKind::kHidden));
    vkCmdDraw(commands, slot.hidden_corners, 1, 0, 0);
    ++cost_.draw_calls;
  }
  const MarkBuffers::Range background = slot.marks->background();
  DrawQuads(commands, PipelineKind::kInside, background);
  DrawQuads(commands, PipelineKind::kEdge, {kStripsOfAnEdge * background.first, kStripsOfAnEdge * background.count});
  if (!scene.room) return;
  DrawQuads(commands, PipelineKind::kSky, {0, kSkyCells});  // only where no panel is
  DrawQuads(commands, PipelineKind::kFloor, {0, kFloorCells});
}

void Renderer::RecordMarks(FrameSlot& slot, const Scene& scene) {
  VkCommandBuffer commands = slot.commands;
  cost_.marks = slot.marks->background().count;
  constexpr PipelineKind kKinds[kMarkKinds] = {PipelineKind::kRect, PipelineKind::kArea, PipelineKind::kCandle,
                                               PipelineKind::kLine, PipelineKind::kGlyph};
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    DrawQuads(commands, kKinds[kind], slot.marks->base(static_cast<MarkKind>(kind)));
    cost_.marks += slot.marks->base(static_cast<MarkKind>(kind)).count;
  }
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    DrawQuads(commands, kKinds[kind], slot.marks->overlay(static_cast<MarkKind>(kind)));
    cost_.marks += slot.marks->overlay(static_cast<MarkKind>(kind)).count;
  }
  if (scene.vignette > 0) {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipelines_->pipeline(PipelineKind::kVignette));
    vkCmdDraw(commands, 3, 1, 0, 0);
    ++cost_.draw_calls;
  }
  EXPLAIN_FIRST_N(2) << cost_.draw_calls << " draw calls for " << scene.items.size() << " panels and " << cost_.marks
                     << " marks; " << cost_.bytes_copied << " bytes copied to the GPU";
}

absl::Status Renderer::Submit(FrameSlot& slot, const Target& target) {
  VkCommandBufferSubmitInfo commands{VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO};
  commands.commandBuffer = slot.commands;
  VkSemaphoreSubmitInfo wait{VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO};
  wait.semaphore = target.wait;
  wait.stageMask = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_2_COPY_BIT;
  VkSemaphoreSubmitInfo signal{VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO};
  signal.semaphore = target.signal;
  signal.stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
  VkSubmitInfo2 submit{VK_STRUCTURE_TYPE_SUBMIT_INFO_2};
  submit.waitSemaphoreInfoCount = target.wait != VK_NULL_HANDLE;
  submit.pWaitSemaphoreInfos = &wait;
  submit.commandBufferInfoCount = 1;
  submit.pCommandBufferInfos = &commands;
  submit.signalSemaphoreInfoCount = target.signal != VK_NULL_HANDLE;
  submit.pSignalSemaphoreInfos = &signal;
  absl::Status status = VkStatus(vkQueueSubmit2(device_.queue(), 1, &submit, slot.fence), "submitting a frame");
  slot.submitted = status.ok();
  return status;
}

}  // namespace vrcharts::render
