import { ApiError, isRecord } from "@/client/errors.ts"

/** What is wrong with which field of a form, as the gateway says it. */
export function problemsOf(failure: unknown): Record<string, string> {
  if (!(failure instanceof ApiError)) return {}
  const listed = Array.isArray(failure.details.problems) ? failure.details.problems.filter(isRecord) : []
  const found = listed.map((one) => [plain(String(one.field ?? "")), [one.message, one.suggestion].filter(Boolean).map(String).join(": ")] as const)
  if (found.length === 0 && failure.field) found.push([plain(failure.field), failure.message])
  return Object.fromEntries(found.filter(([field]) => field !== ""))
}

// The body is `{document: …}`, the form is of what is in it.
function plain(field: string): string {
  return field.replace(/^document\./, "")
}
