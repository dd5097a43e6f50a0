import type { Plan, PlanAsk } from "@/features/billing/data.ts"
import { strings } from "@/features/billing/strings.ts"
import type { Schema } from "@/shared/form/schema.ts"

const { plan } = strings
const text = (title: string, description?: string): Schema => ({ type: "string", title, ...(description ? { description } : {}) })
const whole = (title: string, minimum: number, maximum: number, description?: string): Schema => ({ type: "integer", title, minimum, maximum, ...(description ? { description } : {}) })

const PARTY: Schema = { type: "object", properties: { name: text(plan.partyName), address: { type: "array", items: { type: "string" }, title: plan.address, description: plan.addressHint }, tax_id: text(plan.taxId, plan.taxIdHint), email: text(plan.email) } }

/** The fields of a plan; what the gateway keeps in basis points stands in percent. */
export const PLAN_SCHEMA: Schema = {
  type: "object",
  required: ["currency", "time_zone", "number_prefix", "credit_prefix"],
  properties: {
    currency: text(plan.currency, plan.currencyHint),
    time_zone: text(plan.zone, plan.zoneHint),
    price_per_user: text(plan.perUser, plan.perUserHint),
    margin: { type: "number", title: plan.margin, minimum: 0, maximum: 10_000 },
    included: text(plan.included, plan.includedHint),
    taxes: { type: "array", title: plan.taxes, items: { type: "object", required: ["name", "rate"], properties: { name: text(plan.taxName), rate: { type: "number", title: plan.taxRate, minimum: 0, maximum: 1000 } } } },
    rates: { type: "array", title: plan.rates, description: plan.ratesHint, items: { type: "object", required: ["from", "to", "rate", "since"], properties: { from: text(plan.rateFrom), to: text(plan.rateTo), rate: text(plan.rate), since: text(plan.since, plan.sinceHint) } } },
    seller: { ...PARTY, title: plan.seller },
    buyer: { ...PARTY, title: plan.buyer },
    number_prefix: text(plan.numberPrefix),
    credit_prefix: text(plan.creditPrefix),
    fiscal_year_begins: whole(plan.year, 1, 12, plan.yearHint),
    decimals: whole(plan.decimals, 0, 6, plan.decimalsHint),
    due_days: whole(plan.due, 0, 365),
    note: text(plan.note, plan.noteHint),
  },
}

type Form = Record<string, unknown>
const BP = 100

/** 1500 basis points → 15. */
export function percentOf(bp: number): number {
  return bp / BP
}

function bpOf(percent: unknown): number {
  return typeof percent === "number" ? Math.round(percent * BP) : 0
}

export function formOfPlan(found: Plan): Form {
  const { version: _version, margin_bp, taxes, ...rest } = found
  return { ...rest, margin: percentOf(margin_bp ?? 0), taxes: (taxes ?? []).map((one) => ({ name: one.name, rate: percentOf(one.rate_bp) })) }
}

/** What to send: all of the plan, as one version after the one that was read. */
export function askOfPlan(form: Form, version: number): PlanAsk {
  const { margin, taxes, ...rest } = form
  const listed = Array.isArray(taxes) ? (taxes as Form[]) : []
  return { ...(rest as Partial<PlanAsk>), margin_bp: bpOf(margin), taxes: listed.map((one) => ({ name: String(one.name ?? ""), rate_bp: bpOf(one.rate) })), version }
}
