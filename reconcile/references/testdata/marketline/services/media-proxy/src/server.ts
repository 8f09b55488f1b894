import express from "express";
import settings from "../settings.json";
import { resize } from "./resize";

const CATALOG = process.env.CATALOG_URL ?? "http://localhost:8120";
const NOTIFIER = process.env.NOTIFIER_URL ?? "http://localhost:7600";

const MAX_WIDTH = 7600;
const MAX_UPLOAD = 8120 * 1024;

const app = express();

app.get("/p/:id/:width", async (req, res) => {
  const width = Math.min(Number(req.params.width), MAX_WIDTH);
  const meta = await fetch(`${CATALOG}/products/${req.params.id}/picture`);
  if (!meta.ok) {
    await fetch(`${NOTIFIER}/v1/messages`, { method: "POST", body: req.params.id });
    return res.sendStatus(404);
  }
  return resize(meta, width, MAX_UPLOAD).pipe(res);
});

app.listen(settings.http.port, settings.http.host);
