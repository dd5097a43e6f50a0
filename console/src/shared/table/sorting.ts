export type Sort = { by: string; down: boolean } | null

const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" })

/** `name` or `-name`, as the URL holds it. */
export function sortText(sort: Sort): string | undefined {
  return sort ? `${sort.down ? "-" : ""}${sort.by}` : undefined
}

export function sortOf(text: string | undefined): Sort {
  if (!text) return null
  return text.startsWith("-") ? { by: text.slice(1), down: true } : { by: text, down: false }
}

/** Ascending, descending, as it came. */
export function nextSort(sort: Sort, by: string): Sort {
  if (sort?.by !== by) return { by, down: false }
  return sort.down ? null : { by, down: true }
}

/** Numbers by size, texts as a reader sorts them, decimal texts as numbers, nothing at the end either way. */
export function sorted<Row>(rows: readonly Row[], value: (row: Row) => unknown, down: boolean): Row[] {
  const sign = down ? -1 : 1
  return [...rows].sort((one, two) => {
    const [left, right] = [value(one), value(two)]
    if (isNothing(left) || isNothing(right)) return Number(isNothing(left)) - Number(isNothing(right))
    return sign * compared(left, right)
  })
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === ""
}

function compared(left: unknown, right: unknown): number {
  const [one, two] = [Number(left), Number(right)]
  if (!Number.isNaN(one) && !Number.isNaN(two)) return one - two
  return COLLATOR.compare(String(left), String(right))
}
