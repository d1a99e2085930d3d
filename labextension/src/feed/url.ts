// Addresses of this server's own routes.

/** `path` below a server's base URL, which may lack its last slash. */
export function below(base: string, path: string): string {
  return new URL(path, base.endsWith('/') ? base : `${base}/`).href;
}
