// Light or dark: what the system prefers, until somebody chooses otherwise here.

const THEME = "skyparley.theme";

export function startTheme(changed: () => void): void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = (): void => {
    document.documentElement.dataset["theme"] = localStorage.getItem(THEME) ?? (dark.matches ? "dark" : "light");
    changed();
  };
  dark.addEventListener("change", follow);
  follow();
}

export function toggleTheme(): void {
  const next = document.documentElement.dataset["theme"] === "light" ? "dark" : "light";
  document.documentElement.dataset["theme"] = next;
  localStorage.setItem(THEME, next);
}
