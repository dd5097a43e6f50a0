import { strings } from "@/features/models/strings.ts"
import type { Schema } from "@/shared/form/schema.ts"

const { form } = strings
const STRATEGIES = ["priority", "weighted", "round_robin", "least_busy", "least_latency", "lowest_cost", "capability", "condition", "sticky"]
const text = (title: string, description?: string): Schema => ({ type: "string", title, ...(description ? { description } : {}) })
const count = (title: string, description?: string): Schema => ({ type: "integer", title, minimum: 0, ...(description ? { description } : {}) })
const lines = (title: string, description: string): Schema => ({ type: "array", items: { type: "string" }, title, description })

/** The fields of a model that a form shows; the providers are those there are. */
export function modelSchema(providers: readonly string[]): Schema {
  return {
    type: "object",
    required: ["deployments"],
    properties: {
      deployments: {
        type: "array",
        title: form.deployments,
        description: form.deploymentsHint,
        items: {
          type: "object",
          required: ["provider", "model"],
          properties: {
            provider: { type: "string", title: form.provider, ...(providers.length ? { enum: [...providers] } : {}) },
            model: text(form.model),
            priority: count(form.priority, form.priorityHint),
            weight: count(form.weight, form.weightHint),
            region: text(form.region),
          },
        },
      },
      strategy: { type: "string", title: form.strategy, enum: STRATEGIES },
      fallbacks: lines(form.fallbacks, form.linesHint),
      prices: {
        type: "object",
        title: form.prices,
        description: form.pricesHint,
        properties: {
          input: text(form.input),
          output: text(form.output),
          cache_read: text(form.cacheRead),
          cache_write: text(form.cacheWrite),
          request: text(form.request),
          currency: text(form.currency, form.currencyHint),
        },
      },
      capabilities: lines(form.capabilities, form.capabilitiesHint),
      context_tokens: count(form.context),
      max_output_tokens: count(form.longest),
    },
  }
}

/** The fields of a row of `price_overrides`. */
export function overrideSchema(): Schema {
  const { overrides } = strings
  return {
    type: "object",
    required: ["provider", "model", "prices"],
    properties: {
      provider: text(overrides.provider, overrides.providerHint),
      model: text(overrides.model, overrides.modelHint),
      prices: { type: "object", title: overrides.prices, properties: { input: text(form.input), output: text(form.output), cache_read: text(form.cacheRead), cache_write: text(form.cacheWrite), request: text(form.request), currency: text(form.currency, form.currencyHint) } },
      valid_from: text(overrides.from, overrides.fromHint),
    },
  }
}

/** The fields of a row of `currency_rates`. */
export function rateSchema(): Schema {
  const { rates } = strings
  return { type: "object", required: ["from", "to", "rate", "since"], properties: { from: text(rates.from, rates.code), to: text(rates.to, rates.code), rate: text(rates.rate, rates.rateHint), since: text(rates.since, rates.sinceHint) } }
}
