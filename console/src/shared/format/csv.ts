export type CsvColumn<Row> = { head: string; value: (row: Row) => unknown }

/** RFC 4180, with what a spreadsheet would take for a formula made text (a leading apostrophe). */
export function csv<Row>(rows: readonly Row[], columns: readonly CsvColumn<Row>[]): string {
  const lines = [columns.map((column) => cell(column.head)), ...rows.map((row) => columns.map((column) => cell(column.value(row))))]
  return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ""
  const plain = typeof value === "object" ? JSON.stringify(value) : String(value)
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(plain) && !/^-?\d+(\.\d+)?$/.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Hands the browser a file to keep. */
export function download(name: string, content: Blob | string, type = "text/csv;charset=utf-8"): void {
  const url = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content)
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
