import { strings } from "@/features/system/strings.ts"
import type { Schema } from "@/shared/form/schema.ts"

const { form } = strings.kept
const turn = (title: string): Schema => ({ type: "boolean", title })

/** The fields of a section that its form shows; the JSON beside it has all of them. Of one plain value the document is `{value: …}`. */
export const SCHEMAS: Readonly<Record<"cache" | "alerts" | "default_model" | "provider_priority" | "unknown_price", Schema>> = {
  cache: {
    type: "object",
    properties: {
      exact: { type: "object", title: form.exact, description: form.exactHint, properties: { enabled: turn(form.enabled) } },
      semantic: { type: "object", title: form.semantic, description: form.semanticHint, properties: { enabled: turn(form.enabled) } },
    },
  },
  alerts: {
    type: "object",
    properties: {
      webhook: {
        type: "object",
        title: form.webhook,
        description: form.webhookHint,
        properties: { url: { type: "string", title: form.url, format: "password" }, secret: { type: "string", title: form.secret, description: form.secretHint, format: "password" }, allow_private: turn(form.allowPrivate) },
      },
    },
  },
  default_model: { type: "object", properties: { value: { type: "string", title: form.model, description: form.modelHint } } },
  provider_priority: { type: "object", properties: { value: { type: "array", items: { type: "string" }, title: form.order, description: form.orderHint } } },
  unknown_price: { type: "object", required: ["value"], properties: { value: { type: "string", title: form.unknown, description: form.unknownHint, enum: ["block", "estimate", "allow"] } } },
}
