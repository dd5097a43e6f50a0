import type { Answer } from "@/features/playground/sides.ts"
import { strings } from "@/features/playground/strings.ts"
import { duration, money } from "@/shared/format/numbers.ts"
import { Badge } from "@/shared/parts/small.tsx"

const { facts: names } = strings

/** What the gateway told of an answer, the money first. Only what was told is shown. */
export function factsOf(answer: Answer): ReadonlyArray<readonly [string, string]> {
  const told = answer.facts
  const tokens = told.input_tokens ? strings.tokens(Number(told.input_tokens), Number(told.output_tokens ?? 0)) : undefined
  const [amount, unit] = (told.cost ?? "").split(" ")
  const found: ReadonlyArray<readonly [string, string | undefined]> = [
    [names.cost, amount ? money(amount, told.currency ?? unit) : undefined],
    [names.tokens, tokens],
    [names.first, answer.firstMs === undefined ? undefined : duration(answer.firstMs)],
    [names.total, answer.totalMs === undefined ? undefined : duration(answer.totalMs)],
    [names.overhead, told["overhead-ms"] ? duration(Number(told["overhead-ms"])) : undefined],
    [names.provider, told.provider],
    [names.cache, told.cache],
    [names.attempts, told.attempts],
    [names.fallback, told.fallback],
    [names.policy, told.policy],
    [names.request, told.request ?? told.request_id],
  ]
  return found.flatMap(([name, value]) => (value ? [[name, value] as const] : []))
}

export function FactList({ answer }: { answer: Answer }) {
  const facts = factsOf(answer)
  const verdicts = (answer.facts.guardrails ?? "").split(",").filter(Boolean)
  if (facts.length === 0) return null
  return (
    <div className="grid gap-2 border-t pt-3">
      <dl className="figures flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {facts.map(([name, value]) => <div key={name} className="flex gap-1.5"><dt className="text-quiet">{name}</dt><dd className="font-medium">{value}</dd></div>)}
      </dl>
      {verdicts.length > 0 && <p className="flex flex-wrap items-center gap-1.5 text-xs"><span className="text-quiet">{names.guardrails}</span>{verdicts.map((verdict) => <Badge key={verdict} tone={verdict.endsWith(":pass") ? "good" : "warn"}>{verdict}</Badge>)}</p>}
    </div>
  )
}
