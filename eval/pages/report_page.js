"use strict";
(() => {
  const filters = document.querySelector(".filters");
  const problems = [...document.querySelectorAll(".problem")].map((node) => ({
    node,
    split: node.dataset.split,
    prompt: node.querySelector("h3").textContent.toLowerCase(),
    answers: [...node.querySelectorAll(".answer")].map((answer) => ({
      node: answer,
      arms: answer.dataset.arms.trim().split(" "),
      outcome: answer.dataset.outcome,
      program: answer.querySelector("pre").textContent.toLowerCase(),
    })),
  }));

  function apply() {
    const wanted = Object.fromEntries(new FormData(filters));
    const words = wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const problem of problems) {
      const fits = !wanted.split || problem.split === wanted.split;
      let left = 0;
      for (const answer of problem.answers) {
        const text = problem.prompt + " " + answer.program;
        const visible = fits
          && (!wanted.arm || answer.arms.includes(wanted.arm))
          && (!wanted.outcome || answer.outcome === wanted.outcome)
          && words.every((word) => text.includes(word));
        answer.node.hidden = !visible;
        left += visible;
      }
      problem.node.hidden = !left;
      shown += Boolean(left);
    }
    document.getElementById("found").textContent = `${shown} of ${problems.length} problems`;
  }

  filters.addEventListener("input", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
