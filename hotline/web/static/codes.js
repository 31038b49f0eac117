// Recovery codes: onto paper, or into a file. They are on this page once and nowhere else.

const codes = [...document.querySelectorAll("[data-codes] li")].map((line) => line.textContent.trim());

document.querySelector("[data-do=print]").addEventListener("click", () => print());
document.querySelector("[data-do=save]").addEventListener("click", ({ currentTarget: button }) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${button.dataset.title}\n\n${codes.join("\n")}\n`], { type: "text/plain" }));
  link.download = button.dataset.file;
  link.click();
  URL.revokeObjectURL(link.href);
});
