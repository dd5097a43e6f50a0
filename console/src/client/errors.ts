/** Every failure of the gateway, and of the way to it (`status` 0). */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
  readonly requestId: string
  readonly retryAfterS: number | null

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: Readonly<Record<string, unknown>>; requestId?: string; retryAfterS?: number | null } = {},
  ) {
    super(message)
    this.name = "ApiError"
    this.status = status
    this.code = code
    this.details = more.details ?? {}
    this.requestId = more.requestId ?? ""
    this.retryAfterS = more.retryAfterS ?? null
  }

  /** The field that is wrong, where the gateway names one. */
  get field(): string | null {
    return typeof this.details.field === "string" ? this.details.field : null
  }
}

/** The error in an answer that is not a success, whichever dialect shaped it. */
export async function fromAnswer(answer: Response): Promise<ApiError> {
  const id = answer.headers.get("x-request-id") ?? ""
  const wait = Number(answer.headers.get("retry-after"))
  return fromBody(answer.status, await answer.text().catch(() => ""), id, Number.isFinite(wait) && wait > 0 ? wait : null)
}

/** The same from a body's text. */
export function fromBody(status: number, text: string, requestId = "", retryAfterS: number | null = null): ApiError {
  const body = parsed(text)
  const inner = isRecord(body.error) ? body.error : {}
  const message = firstText(body.message, inner.message) ?? `The gateway answered ${status}.`
  const code = firstText(body.error_code, inner.code) ?? `HTTP_${status}`
  // A configuration that is refused lists its problems beside the message.
  const details = isRecord(body.details) ? body.details : Array.isArray(body.problems) ? { problems: body.problems } : {}
  return new ApiError(status, code, message, { details, requestId: firstText(body.request_id) ?? requestId, retryAfterS })
}

function parsed(text: string): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text)
    return isRecord(found) ? found : {}
  } catch {
    return {}
  }
}

function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "")
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
