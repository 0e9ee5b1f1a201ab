// Building elements without markup in strings: text stays text, so nothing stored can become markup.

/** Find one element that must be there. @param {string} selector @returns {HTMLElement} */
export function find(selector) {
  const element = document.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return element;
}

/** Make an element. A string is its text, an array its children; other keys become attributes, null leaves one out.
 * @param {string} name @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 * @param {string | (Node | string | null)[]} [content] @returns {HTMLElement} */
export function make(name, attributes = {}, content = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...(typeof content === "string" ? [content] : content.filter((part) => part !== null)));
  return element;
}

/** A JSON block that the server wrote into the page. @param {string} id @returns {any} */
export function embedded(id) {
  return JSON.parse(find(`#${id}`).textContent ?? "null");
}

/** Write text only where it differs, so that live regions stay quiet. @param {HTMLElement} element
 * @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
