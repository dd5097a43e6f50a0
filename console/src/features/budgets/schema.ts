import { strings } from "@/features/budgets/strings.ts"
import type { Schema } from "@/shared/form/schema.ts"

const { form } = strings
export const SPEND_SCOPES = ["tenant", "department", "team", "user", "key", "model"] as const
const text = (title: string, description: string): Schema => ({ type: "string", title, description })
const count = (title: string): Schema => ({ type: "integer", minimum: 1, title })
const WHERE: Schema = { type: "object", additionalProperties: { type: "string" }, title: form.where, description: form.whereHint }

export const BUDGET_SCHEMA: Schema = {
  type: "object",
  required: ["scope", "limit", "per"],
  properties: {
    scope: { type: "string", title: form.scope, enum: [...SPEND_SCOPES], default: "team" },
    match: text(form.match, form.matchHint),
    limit: text(form.limit, form.limitHint),
    per: { type: "string", title: form.per, description: form.perHint, default: "month" },
    hard: { type: "boolean", title: form.hard, description: form.hardHint, default: true },
    alerts: { type: "array", items: { type: "number" }, title: form.alerts, description: form.alertsHint },
    where: WHERE,
  },
}

export const LIMIT_SCHEMA: Schema = {
  type: "object",
  required: ["scope"],
  properties: {
    scope: { type: "string", title: form.scope, enum: [...SPEND_SCOPES, "lob"], default: "key" },
    match: text(form.match, form.matchHint),
    requests: count(form.requests),
    tokens: count(form.tokens),
    per: text(form.window, form.windowHint),
    concurrency: count(form.concurrency),
    algorithm: { type: "string", title: form.algorithm, enum: ["sliding_window", "fixed_window", "token_bucket"] },
    burst: count(form.burst),
    where: WHERE,
  },
}
