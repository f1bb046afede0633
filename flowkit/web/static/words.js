// What scripts say, in the language of the page: they are written in Chinese, another language comes with the page.
const words = JSON.parse(document.body.dataset.words || "{}");

export const say = (text, given = {}) => (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => given[name]);
