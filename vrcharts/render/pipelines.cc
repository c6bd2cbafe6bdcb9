#include "vrcharts/render/pipelines.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "vrcharts/render/multiview.h"
#include "vrcharts/render/shaders/shaders.h"

namespace vrcharts::render {
namespace {

using Words = std::span<const uint32_t>;

struct Recipe {
  PipelineKind kind;
  const char* name;
  Words vertex;
  Words fragment;
  bool opaque;  // replaces what was there instead of blending with it
  bool depth_test;
  bool depth_write;
};

std::vector<Recipe> Recipes() {
  using namespace shaders;  // the arrays that glslc made
  return {
      {PipelineKind::kHidden, "hidden", hidden_vert, hidden_frag, true, true, true},
      {PipelineKind::kInside, "inside", panel_vert, inside_frag, true, true, true},
      {PipelineKind::kEdge, "edge", panel_vert, rect_frag, false, true, true},
      {PipelineKind::kSky, "sky", room_vert, sky_frag, true, true, false},
      {PipelineKind::kFloor, "floor", room_vert, floor_frag, true, true, false},
      {PipelineKind::kRect, "rect", rect_vert, rect_frag, false, true, false},
      {PipelineKind::kArea, "area", area_vert, area_frag, false, true, false},
      {PipelineKind::kCandle, "candle", candle_vert, candle_frag, false, true, false},
      {PipelineKind::kLine, "line", line_vert, line_frag, false, true, false},
      {PipelineKind::kGlyph, "glyph", glyph_vert, glyph_frag, false, true, false},
      {PipelineKind::kVignette, "vignette", vignette_vert, vignette_frag, false, false, false},
  };
}

// Destroyed once the pipelines are built.
struct ShaderModule {
  ShaderModule(VkDevice device, Words words) : device(device) {
    VkShaderModuleCreateInfo info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
    info.codeSize = words.size_bytes();
    info.pCode = words.data();
    result = vkCreateShaderModule(device, &info, nullptr, &module);
  }
  ~ShaderModule() {
    if (module != VK_NULL_HANDLE) vkDestroyShaderModule(device, module, nullptr);
  }
  ShaderModule(const ShaderModule&) = delete;
  ShaderModule& operator=(const ShaderModule&) = delete;

  VkDevice device;
  VkShaderModule module = VK_NULL_HANDLE;
  VkResult result;
};

// Colours are premultiplied in the shaders.
VkPipelineColorBlendAttachmentState PremultipliedBlend() {
  VkPipelineColorBlendAttachmentState blend{};
  blend.blendEnable = VK_TRUE;
  blend.srcColorBlendFactor = VK_BLEND_FACTOR_ONE;
  blend.dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA;
  blend.colorBlendOp = VK_BLEND_OP_ADD;
  blend.srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE;
  blend.dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA;
  blend.alphaBlendOp = VK_BLEND_OP_ADD;
  blend.colorWriteMask =
      VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT | VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT;
  return blend;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pipelines>> Pipelines::Create(Device& device, const PipelineOptions& options) {
  std::unique_ptr<Pipelines> pipelines(new Pipelines(device, options));
  if (options.view_count > 1) {
    absl::StatusOr<bool> multiview = MultiviewWorks(device);
    if (!multiview.ok()) return multiview.status();
    pipelines->multiview_ = *multiview;
  }
  if (absl::Status status = pipelines->CreateLayout(); !status.ok()) return status;
  pipelines->LoadCache();
  if (absl::Status status = pipelines->CreatePipelines(); !status.ok()) return status;
  pipelines->SaveCache();
  return pipelines;
}

absl::Status Pipelines::CreateLayout() {
  VkSamplerCreateInfo sampler{VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};
  sampler.magFilter = VK_FILTER_LINEAR;
  sampler.minFilter = VK_FILTER_LINEAR;
  sampler.mipmapMode = VK_SAMPLER_MIPMAP_MODE_NEAREST;
  sampler.addressModeU = sampler.addressModeV = sampler.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
  sampler.maxLod = VK_LOD_CLAMP_NONE;
  absl::Status status =
      VkStatus(vkCreateSampler(device_.handle(), &sampler, nullptr, &sampler_), "creating the atlas sampler");

  std::array<VkDescriptorSetLayoutBinding, kBindings> bindings{};
  for (uint32_t i = 0; i < kBindings; ++i) {
    bindings[i].binding = i;
    bindings[i].descriptorCount = 1;
    bindings[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    bindings[i].stageFlags = VK_SHADER_STAGE_VERTEX_BIT;
  }
  bindings[kFrameBinding].descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
  bindings[kFrameBinding].stageFlags = VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;
  bindings[kAtlasBinding].descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
  bindings[kAtlasBinding].stageFlags = VK_SHADER_STAGE_FRAGMENT_BIT;
  VkDescriptorSetLayoutCreateInfo set{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};
  set.bindingCount = kBindings;
  set.pBindings = bindings.data();
  status.Update(VkStatus(vkCreateDescriptorSetLayout(device_.handle(), &set, nullptr, &set_layout_),
                         "creating the descriptor set layout"));
  if (!status.ok()) return status;
  VkPipelineLayoutCreateInfo layout{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &set_layout_;
  const VkPushConstantRange first_view{VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(int32_t)};
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &first_view;
  return VkStatus(vkCreatePipelineLayout(device_.handle(), &layout, nullptr, &layout_), "creating the pipeline layout");
}

absl::Status Pipelines::CreatePipelines() {
  VkPipelineVertexInputStateCreateInfo no_input{VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
  VkPipelineInputAssemblyStateCreateInfo assembly{VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO};
  assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST;
  VkPipelineViewportStateCreateInfo viewport{VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO};
  viewport.viewportCount = 1;
  viewport.scissorCount = 1;
  VkPipelineRasterizationStateCreateInfo raster{VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO};
  raster.polygonMode = VK_POLYGON_MODE_FILL;
  raster.cullMode = VK_CULL_MODE_NONE;
  raster.lineWidth = 1;
  VkPipelineMultisampleStateCreateInfo samples{VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO};
  samples.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT;
  VkPipelineColorBlendAttachmentState blend = PremultipliedBlend();
  VkPipelineColorBlendStateCreateInfo blending{VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO};
  blending.attachmentCount = 1;
  blending.pAttachments = &blend;
  const VkDynamicState dynamic_states[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
  VkPipelineDynamicStateCreateInfo dynamic{VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO};
  dynamic.dynamicStateCount = 2;
  dynamic.pDynamicStates = dynamic_states;
  VkPipelineRenderingCreateInfo rendering{VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO};
  rendering.viewMask = view_mask();
  rendering.colorAttachmentCount = 1;
  rendering.pColorAttachmentFormats = &options_.color_format;
  rendering.depthAttachmentFormat = options_.depth_format;

  for (const Recipe& recipe : Recipes()) {
    ShaderModule vertex(device_.handle(), recipe.vertex);
    ShaderModule fragment(device_.handle(), recipe.fragment);
    const std::string doing = absl::StrCat("building the ", recipe.name, " pipeline");
    absl::Status status = VkStatus(vertex.result, doing.c_str());
    status.Update(VkStatus(fragment.result, doing.c_str()));
    if (!status.ok()) return status;

    blend.blendEnable = !recipe.opaque;
    // constant_id 0 of panel.vert (is this the edge?) and of room.vert (is this the floor?).
    const VkBool32 second_part = recipe.kind == PipelineKind::kEdge || recipe.kind == PipelineKind::kFloor;
    const VkSpecializationMapEntry entry{0, 0, sizeof(second_part)};
    const VkSpecializationInfo specialization{1, &entry, sizeof(second_part), &second_part};
    VkPipelineShaderStageCreateInfo stages[2]{{VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO},
                                              {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO}};
    stages[0].stage = VK_SHADER_STAGE_VERTEX_BIT;
    stages[0].module = vertex.module;
    stages[0].pName = "main";
    stages[0].pSpecializationInfo = &specialization;
    stages[1].stage = VK_SHADER_STAGE_FRAGMENT_BIT;
    stages[1].module = fragment.module;
    stages[1].pName = "main";

    // Depth is reversed (near 1, infinity 0): float depth is then precise at all distances.
    VkPipelineDepthStencilStateCreateInfo depth{VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO};
    depth.depthTestEnable = recipe.depth_test;
    depth.depthWriteEnable = recipe.depth_write;
    depth.depthCompareOp = VK_COMPARE_OP_GREATER_OR_EQUAL;

    VkGraphicsPipelineCreateInfo info{VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO, &rendering};
    info.stageCount = 2;
    info.pStages = stages;
    info.pVertexInputState = &no_input;
    info.pInputAssemblyState = &assembly;
    info.pViewportState = &viewport;
    info.pRasterizationState = &raster;
    info.pMultisampleState = &samples;
    info.pDepthStencilState = &depth;
    info.pColorBlendState = &blending;
    info.pDynamicState = &dynamic;
    info.layout = layout_;
    VkPipeline& pipeline = pipelines_[static_cast<int>(recipe.kind)];
    status = VkStatus(vkCreateGraphicsPipelines(device_.handle(), cache_, 1, &info, nullptr, &pipeline), doing.c_str());
    if (!status.ok()) return status;
    device_.SetName(VK_OBJECT_TYPE_PIPELINE, reinterpret_cast<uint64_t>(pipeline), recipe.name);
  }
  EXPLAIN() << kPipelineKinds << " pipelines, one a kind of mark, each draws " << options_.view_count << " view(s) in "
            << passes() << " pass(es)";
  return absl::OkStatus();
}

void Pipelines::LoadCache() {
  std::vector<char> bytes;
  if (!options_.cache_file.empty()) {
    std::ifstream file(options_.cache_file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  // A cache of another driver or a damaged one is for the driver to recognize: its header holds the device's UUID.
  VkPipelineCacheCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  info.initialDataSize = bytes.size();
  info.pInitialData = bytes.data();
  if (vkCreatePipelineCache(device_.handle(), &info, nullptr, &cache_) != VK_SUCCESS) cache_ = VK_NULL_HANDLE;
}

void Pipelines::SaveCache() {
  if (options_.cache_file.empty() || cache_ == VK_NULL_HANDLE) return;
  size_t size = 0;
  vkGetPipelineCacheData(device_.handle(), cache_, &size, nullptr);
  std::vector<char> bytes(size);
  if (vkGetPipelineCacheData(device_.handle(), cache_, &size, bytes.data()) != VK_SUCCESS) return;
  const std::string temporary = options_.cache_file + ".new";
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(size));
    if (!file) {
      VLOG(1) << "cannot write the pipeline cache " << temporary;
      return;
    }
  }
  if (std::rename(temporary.c_str(), options_.cache_file.c_str()) != 0) std::remove(temporary.c_str());
}

Pipelines::~Pipelines() {
  for (VkPipeline pipeline : pipelines_) {
    if (pipeline != VK_NULL_HANDLE) vkDestroyPipeline(device_.handle(), pipeline, nullptr);
  }
  if (cache_ != VK_NULL_HANDLE) vkDestroyPipelineCache(device_.handle(), cache_, nullptr);
  if (layout_ != VK_NULL_HANDLE) vkDestroyPipelineLayout(device_.handle(), layout_, nullptr);
  if (set_layout_ != VK_NULL_HANDLE) vkDestroyDescriptorSetLayout(device_.handle(), set_layout_, nullptr);
  if (sampler_ != VK_NULL_HANDLE) vkDestroySampler(device_.handle(), sampler_, nullptr);
}

}  // namespace vrcharts::render
