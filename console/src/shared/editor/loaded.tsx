import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands"
import { json } from "@codemirror/lang-json"
import { yaml } from "@codemirror/lang-yaml"
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language"
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint"
import { EditorState } from "@codemirror/state"
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view"
import { tags } from "@lezer/highlight"
import { useEffect, useRef } from "react"
import type { EditorProps, Problem } from "@/shared/editor/code-editor.tsx"

const LOOK = EditorView.theme({
  "&": { fontSize: "13.5px", backgroundColor: "var(--raised)", color: "var(--text)", height: "100%" },
  ".cm-scroller": { fontFamily: "ui-monospace, Menlo, Consolas, monospace", lineHeight: "1.55" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--quiet)", border: "none" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { backgroundColor: "var(--soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--line)" },
})
const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
    { tag: [tags.string, tags.content], color: "var(--good)" },
    { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--info)" },
    { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  ]),
)

// In a shadow root the editor takes constructed style sheets; in the page it would add style elements, which the
// Content-Security-Policy refuses.
export default function Loaded({ label, value, onChange, language, readOnly = false, problems = [], rows = 18 }: EditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const changed = useRef(onChange)
  changed.current = onChange
  useEffect(() => {
    if (!host.current) return
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" })
    const extensions = [
      lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), lintGutter(), LOOK, COLOURS,
      language === "json" ? json() : yaml(),
      keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.lineWrapping,
      EditorState.readOnly.of(readOnly),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      EditorView.updateListener.of((update) => { if (update.docChanged) changed.current?.(update.state.doc.toString()) }),
    ]
    const made = new EditorView({ root, parent: root, state: EditorState.create({ doc: value, extensions }) })
    view.current = made
    return () => made.destroy()
    // The text is put in below, so that typing does not make the editor anew.
  }, [language, readOnly, label])
  useEffect(() => {
    const shown = view.current
    if (shown && shown.state.doc.toString() !== value) shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } })
  }, [value])
  useEffect(() => {
    const shown = view.current
    if (shown) shown.dispatch(setDiagnostics(shown.state, problems.map((problem) => marked(shown, problem))))
  }, [problems])
  return <div ref={host} data-rows={rows} className="h-96 overflow-hidden rounded-lg border border-edge" />
}

function marked(view: EditorView, problem: Problem): Diagnostic {
  const line = view.state.doc.line(Math.min(Math.max(1, problem.line), view.state.doc.lines))
  return { from: line.from, to: line.to, severity: "error", message: problem.message }
}
