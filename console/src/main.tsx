import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "@/app/app.tsx"
import "@/app/styles.css"

const AGAIN_AFTER_MS = 10_000

// A part of the page that is gone: the gateway has a newer console. Loading the page anew brings it whole.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem("torana-reloaded") ?? 0)
  if (Date.now() - last < AGAIN_AFTER_MS) return
  event.preventDefault()
  sessionStorage.setItem("torana-reloaded", String(Date.now()))
  window.location.reload()
})

const root = document.getElementById("root")
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>)
