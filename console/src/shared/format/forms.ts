// Making one of the browser's formatters takes a hundred times as long as using it, and a table uses thousands.
const MOST = 200
const numbers = new Map<string, Intl.NumberFormat>()
const dates = new Map<string, Intl.DateTimeFormat>()
const spans = new Map<string, Intl.RelativeTimeFormat>()

function kept<F>(forms: Map<string, F>, locale: string | undefined, options: object, make: () => F): F {
  const key = `${locale ?? ""} ${JSON.stringify(options)}`
  const found = forms.get(key)
  if (found) return found
  const made = make()
  if (forms.size >= MOST) forms.clear()
  forms.set(key, made)
  return made
}

export function numberForm(locale: string | undefined, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(numbers, locale, options, () => new Intl.NumberFormat(locale, options))
}

export function dateForm(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(dates, locale, options, () => new Intl.DateTimeFormat(locale, options))
}

export function spanForm(locale: string | undefined): Intl.RelativeTimeFormat {
  return kept(spans, locale, {}, () => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }))
}
