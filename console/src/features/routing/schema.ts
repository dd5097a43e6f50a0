import { strings } from "@/features/routing/strings.ts"
import type { Schema } from "@/shared/form/schema.ts"

const { form, rules } = strings
const KINDS = [
  "openai", "anthropic", "azure_openai", "bedrock", "vertex", "gemini", "cohere", "mistral", "groq", "together", "fireworks", "deepseek", "xai", "perplexity", "openrouter", "cerebras",
  "nvidia_nim", "huggingface", "sambanova", "deepinfra", "moonshot", "qwen", "zhipu", "vllm", "ollama", "llamacpp", "lmstudio", "litellm", "openai_compatible", "echo",
]

const number = (title: string, description?: string): Schema => ({ type: "number", minimum: 0, title, ...(description ? { description } : {}) })

/** The fields of a provider that a form shows; `kind`: also one that is not in the list. */
export function providerSchema(kind = ""): Schema {
  return {
    type: "object",
    required: ["kind"],
    properties: {
      kind: { type: "string", title: form.kind, description: form.kindHint, enum: kind && !KINDS.includes(kind) ? [...KINDS, kind] : KINDS },
      base_url: { type: "string", title: form.address, description: form.addressHint },
      credentials: {
        type: "array",
        title: form.credentials,
        description: form.credentialsHint,
        items: { type: "object", properties: { api_key: { type: "string", title: form.key, format: "password" } } },
      },
      timeout_s: {
        type: "object",
        title: form.timeout,
        properties: { connect: number(form.connect), first_token: number(form.firstToken), idle: number(form.idle), total: number(form.total) },
      },
      passthrough: { type: "boolean", title: form.passthrough },
    },
  }
}

export const RULES_SCHEMA: Schema = {
  type: "object",
  properties: {
    retries: { type: "integer", minimum: 0, maximum: 10, title: rules.retries },
    deadline_s: number(rules.deadline, rules.deadlineHint),
    breaker: {
      type: "object",
      properties: { failures: number(rules.failures), window_s: number(rules.window), open_s: number(rules.rest, rules.restHint) },
    },
  },
}
