#include "vrcharts/render/multiview.h"

#include <span>

#include "absl/cleanup/cleanup.h"
#include "common/explain/explain.h"
#include "vrcharts/render/memory.h"
#include "vrcharts/render/shaders/shaders.h"

namespace vrcharts::render {
namespace {

constexpr uint32_t kViews = 2;
constexpr VkExtent2D kExtent{4, 4};
constexpr VkFormat kFormat = VK_FORMAT_R8G8B8A8_UNORM;
constexpr uint32_t kViewMask = (1u << kViews) - 1;

absl::StatusOr<VkShaderModule> Compile(VkDevice device, std::span<const uint32_t> words) {
  VkShaderModuleCreateInfo info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  info.codeSize = words.size_bytes();
  info.pCode = words.data();
  VkShaderModule module = VK_NULL_HANDLE;
  absl::Status status = VkStatus(vkCreateShaderModule(device, &info, nullptr, &module), "trying multiview");
  if (!status.ok()) return status;
  return module;
}

// A triangle over all of the picture; no input, no depth, no blending.
absl::StatusOr<VkPipeline> CreatePipeline(VkDevice device, VkPipelineLayout layout) {
  absl::StatusOr<VkShaderModule> vertex = Compile(device, shaders::probe_vert);
  if (!vertex.ok()) return vertex.status();
  absl::Cleanup drop_vertex = [&] { vkDestroyShaderModule(device, *vertex, nullptr); };
  absl::StatusOr<VkShaderModule> fragment = Compile(device, shaders::probe_frag);
  if (!fragment.ok()) return fragment.status();
  absl::Cleanup drop_fragment = [&] { vkDestroyShaderModule(device, *fragment, nullptr); };
  VkPipelineShaderStageCreateInfo stages[2]{{VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO},
                                            {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO}};
  stages[0].stage = VK_SHADER_STAGE_VERTEX_BIT;
  stages[0].module = *vertex;
  stages[0].pName = "main";
  stages[1].stage = VK_SHADER_STAGE_FRAGMENT_BIT;
  stages[1].module = *fragment;
  stages[1].pName = "main";
  VkPipelineVertexInputStateCreateInfo no_input{VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
  VkPipelineInputAssemblyStateCreateInfo assembly{VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO};
  assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST;
  const VkViewport viewport{0, 0, static_cast<float>(kExtent.width), static_cast<float>(kExtent.height), 0, 1};
  const VkRect2D scissor{{0, 0}, kExtent};
  VkPipelineViewportStateCreateInfo viewports{VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO};
  viewports.viewportCount = viewports.scissorCount = 1;
  viewports.pViewports = &viewport;
  viewports.pScissors = &scissor;
  VkPipelineRasterizationStateCreateInfo raster{VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO};
  raster.lineWidth = 1;
  VkPipelineMultisampleStateCreateInfo samples{VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO};
  samples.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT;
  VkPipelineColorBlendAttachmentState all{};
  all.colorWriteMask =
      VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT | VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT;
  VkPipelineColorBlendStateCreateInfo blending{VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO};
  blending.attachmentCount = 1;
  blending.pAttachments = &all;
  VkPipelineRenderingCreateInfo rendering{VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO};
  rendering.viewMask = kViewMask;
  rendering.colorAttachmentCount = 1;
  rendering.pColorAttachmentFormats = &kFormat;
  VkGraphicsPipelineCreateInfo info{VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO, &rendering};
  info.stageCount = 2;
  info.pStages = stages;
  info.pVertexInputState = &no_input;
  info.pInputAssemblyState = &assembly;
  info.pViewportState = &viewports;
  info.pRasterizationState = &raster;
  info.pMultisampleState = &samples;
  info.pColorBlendState = &blending;
  info.layout = layout;
  VkPipeline pipeline = VK_NULL_HANDLE;
  absl::Status status =
      VkStatus(vkCreateGraphicsPipelines(device, VK_NULL_HANDLE, 1, &info, nullptr, &pipeline), "trying multiview");
  if (!status.ok()) return status;
  return pipeline;
}

// Draws into both layers of `image` and copies them into `pixels`, one behind the other.
void RecordTrial(VkCommandBuffer commands, const Image& image, VkPipeline pipeline, VkBuffer pixels) {
  RecordBarrier(commands, {.image = image.handle(),
                           .old_layout = VK_IMAGE_LAYOUT_UNDEFINED,
                           .new_layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                           .src_stage = VK_PIPELINE_STAGE_2_TOP_OF_PIPE_BIT,
                           .dst_stage = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
                           .src_access = 0,
                           .dst_access = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT});
  VkRenderingAttachmentInfo color{VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO};
  color.imageView = image.view();
  color.imageLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
  color.loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR;
  color.storeOp = VK_ATTACHMENT_STORE_OP_STORE;
  color.clearValue.color = {{0.5f, 0.5f, 0.5f, 0.5f}};  // neither view's colour
  VkRenderingInfo rendering{VK_STRUCTURE_TYPE_RENDERING_INFO};
  rendering.renderArea.extent = kExtent;
  rendering.layerCount = 1;
  rendering.viewMask = kViewMask;
  rendering.colorAttachmentCount = 1;
  rendering.pColorAttachments = &color;
  vkCmdBeginRendering(commands, &rendering);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
  vkCmdDraw(commands, 3, 1, 0, 0);
  vkCmdEndRendering(commands);
  RecordBarrier(commands, {.image = image.handle(),
                           .old_layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                           .new_layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                           .src_stage = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
                           .dst_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                           .src_access = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
                           .dst_access = VK_ACCESS_2_TRANSFER_READ_BIT});
  VkBufferImageCopy copy{};
  copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, kViews};
  copy.imageExtent = {kExtent.width, kExtent.height, 1};
  vkCmdCopyImageToBuffer(commands, image.handle(), VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, pixels, 1, &copy);
  VkMemoryBarrier2 to_host{VK_STRUCTURE_TYPE_MEMORY_BARRIER_2};
  to_host.srcStageMask = VK_PIPELINE_STAGE_2_COPY_BIT;
  to_host.srcAccessMask = VK_ACCESS_2_TRANSFER_WRITE_BIT;
  to_host.dstStageMask = VK_PIPELINE_STAGE_2_HOST_BIT;
  to_host.dstAccessMask = VK_ACCESS_2_HOST_READ_BIT;
  VkDependencyInfo dependency{VK_STRUCTURE_TYPE_DEPENDENCY_INFO};
  dependency.memoryBarrierCount = 1;
  dependency.pMemoryBarriers = &to_host;
  vkCmdPipelineBarrier2(commands, &dependency);
}

}  // namespace

absl::StatusOr<bool> MultiviewWorks(Device& device) {
  absl::StatusOr<Image> image =
      Image::Create(device,
                    {.extent = kExtent,
                     .format = kFormat,
                     .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
                     .layers = kViews},
                    "multiview trial");
  if (!image.ok()) return image.status();
  constexpr size_t kLayerBytes = size_t{4} * kExtent.width * kExtent.height;
  absl::StatusOr<Buffer> pixels =
      Buffer::Create(device, kViews * kLayerBytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT, "multiview trial");
  if (!pixels.ok()) return pixels.status();
  VkPipelineLayoutCreateInfo empty{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  VkPipelineLayout layout = VK_NULL_HANDLE;
  absl::Status status = VkStatus(vkCreatePipelineLayout(device.handle(), &empty, nullptr, &layout), "trying multiview");
  if (!status.ok()) return status;
  absl::Cleanup drop_layout = [&] { vkDestroyPipelineLayout(device.handle(), layout, nullptr); };
  absl::StatusOr<VkPipeline> pipeline = CreatePipeline(device.handle(), layout);
  if (!pipeline.ok()) return pipeline.status();
  absl::Cleanup drop_pipeline = [&] { vkDestroyPipeline(device.handle(), *pipeline, nullptr); };
  status =
      device.RunOnce([&](VkCommandBuffer commands) { RecordTrial(commands, *image, *pipeline, pixels->handle()); });
  if (!status.ok()) return status;
  const auto first = std::to_integer<int>(pixels->data()[0]),
             second = std::to_integer<int>(pixels->data()[kLayerBytes]);
  const bool works = first == 0 && second == 255;
  EXPLAIN() << (works ? "both eyes are drawn in one pass (multiview)"
                      : "multiview does not work on this device: each eye has a pass of its own");
  return works;
}

}  // namespace vrcharts::render
