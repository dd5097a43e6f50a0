import { strings } from "@/features/keys/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"

type Row = Readonly<Record<string, unknown>>
const { form } = strings

/** One limit as people say it: `600 requests a minute`. */
export function limitText(row: Row): string {
  const counts = (["requests", "tokens", "concurrency"] as const).find((name) => typeof row[name] === "number")
  if (!counts) return JSON.stringify(row)
  const most = `${number(Number(row[counts]))} ${form.counts[counts]}`
  if (counts === "concurrency") return most
  const span = String(Number(row.per_s))
  return `${most} ${(form.windows as Readonly<Record<string, string>>)[span] ?? form.seconds(span)}`
}

/** One budget: `$200.00 a month, hard`. */
export function budgetText(row: Row): string {
  const per = String(row.per ?? "month")
  return `${money(String(row.limit ?? ""))} ${(form.periods as Readonly<Record<string, string>>)[per] ?? per}${row.hard === false ? `, ${form.soft}` : ""}`
}
