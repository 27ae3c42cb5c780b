// The catalogue without reloads: the same addresses, only the results change. Whatever fails becomes a plain navigation.
{
  const form = document.querySelector('form[data-catalogue]');
  const said = document.querySelector('[data-said]');
  const results = () => document.querySelector('[data-results]');
  const wide = matchMedia('(min-width: 60rem)');
  let asked;
  let timer = 0;

  function address(from) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(from)) if (value.trim() !== '') query.set(name, value.trim());
    const text = query.toString();
    return new URL(from.action + (text && `?${text}`));
  }

  // What the server made of the search, in the form; a field that is being typed in stays as it is.
  function follow(other, typing) {
    for (const field of form.elements) {
      const twin = field.name && other.elements[field.name];
      if (!twin || (typing && field === document.activeElement)) continue;
      if (field.type === 'checkbox') field.checked = twin.checked;
      else field.value = twin.value;
    }
  }

  async function show(to, { push = true, typing = false } = {}) {
    asked?.abort();
    asked = new AbortController();
    const old = results();
    old.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(to, { signal: asked.signal, credentials: 'same-origin' });
      const html = (answer.headers.get('content-type') ?? '').startsWith('text/html');
      if (!answer.ok || answer.redirected || !html) throw new Error(`HTTP ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.querySelector('[data-results]');
      const twin = page.querySelector('form[data-catalogue]');
      if (!fresh || !twin) throw new Error('another page');
      const held = old.contains(document.activeElement);
      const open = old.querySelector('[data-map]')?.open;
      old.replaceWith(document.adoptNode(fresh));
      follow(twin, typing);
      if (push) history.pushState({ catalogue: true }, '', to);
      for (const link of document.querySelectorAll('header a[hreflang]')) {
        const other = page.querySelector(`header a[hreflang="${link.hreflang}"]`);
        if (other) link.href = other.getAttribute('href');
      }
      dress(open);
      const found = fresh.querySelector('[data-found]');
      said.textContent = found?.textContent ?? '';
      if (held) found?.focus({ preventScroll: !push });
    } catch (error) {
      if (error.name === 'AbortError') return;
      said.textContent = old.dataset.textFailed;
      location.assign(to);
    }
  }

  // Asked for only when somebody wants the nearest first; to some hundred metres, which is near enough.
  function locate() {
    return new Promise((resolve, reject) => {
      if (!navigator.geolocation) return reject(new Error('no geolocation'));
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => resolve(`${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`),
        reject,
        { maximumAge: 600_000, timeout: 10_000 },
      );
    });
  }

  async function nearest(to) {
    try {
      to.searchParams.set('at', await locate());
    } catch { /* From the middle of the city, then: the page offers the districts. */ }
    show(to);
  }

  // What the script adds to fresh results.
  function dress(open = wide.matches) {
    const map = document.querySelector('[data-map]');
    if (map) map.open = open || wide.matches;
    const button = document.querySelector('[data-locate]');
    if (button && navigator.geolocation) {
      button.hidden = false;
      button.addEventListener('click', async () => {
        try {
          const to = address(button.form);
          to.searchParams.set('at', await locate());
          show(to);
        } catch {
          document.querySelector('[data-located]').textContent = button.dataset.textFailed;
        }
      });
    }
    const detailed = document.querySelector('[data-tiles]');
    if (detailed) {
      detailed.hidden = false;
      detailed.addEventListener('click', () => detail(map, detailed));
    }
  }

  function load(tag, attributes) {
    return new Promise((resolve, reject) => {
      const element = Object.assign(document.createElement(tag), attributes);
      element.addEventListener('load', resolve);
      element.addEventListener('error', reject);
      document.head.append(element);
    });
  }

  // The detailed map in the place of the schematic one, and back.
  async function detail(map, button) {
    const schematic = map.querySelector('[data-schematic]');
    const credit = map.querySelector('[data-credit]');
    const there = map.querySelector('.found__tiles');
    const swap = (detailed) => {
      schematic.hidden = detailed;
      if (credit) credit.hidden = !detailed;
      const { textContent } = button;
      button.textContent = button.dataset.textSchematic;
      button.dataset.textSchematic = textContent;
    };
    if (there) {
      there.hidden = !there.hidden;
      return swap(!there.hidden);
    }
    try {
      if (!window.L) {
        await Promise.all([
          load('link', { rel: 'stylesheet', href: button.dataset.leafletSheet }),
          load('script', { src: button.dataset.leaflet }),
        ]);
      }
    } catch {
      button.hidden = true;
      return undefined;
    }
    const place = document.createElement('div');
    place.className = 'found__tiles';
    schematic.before(place);
    swap(true);
    const { L } = window;
    const ink = getComputedStyle(document.documentElement);
    const drawn = L.map(place, { zoomControl: false, attributionControl: false });
    L.control.zoom({ zoomInTitle: button.dataset.textCloser, zoomOutTitle: button.dataset.textFurther }).addTo(drawn);
    L.tileLayer(button.dataset.tiles, { maxZoom: 18 }).addTo(drawn);
    const marks = [...map.querySelectorAll('[data-at]')].map((link) => {
      const free = link.classList.contains('map__spot--free');
      const mark = L.circleMarker(link.dataset.at.split(',').map(Number), {
        radius: link.classList.contains('map__area') ? 14 : 8,
        color: ink.getPropertyValue(free ? '--good' : '--edge'),
        fillOpacity: free ? 0.9 : 0.25,
      });
      mark.bindTooltip(link.getAttribute('aria-label'));
      mark.on('click', () => link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })));
      return mark.addTo(drawn);
    });
    if (marks.length) drawn.fitBounds(L.featureGroup(marks).getBounds(), { padding: [24, 24], maxZoom: 15 });
    else drawn.setView([43.238, 76.945], 11);
    return undefined;
  }

  if (form && results() && window.history.pushState) {
    addEventListener('submit', (event) => {
      if (event.target !== form && !event.target.matches('[data-near]')) return;
      event.preventDefault();
      show(address(event.target));
    }, true);
    form.addEventListener('change', (event) => {
      if (event.target.matches('select, [type=checkbox]')) {
        clearTimeout(timer);
        timer = setTimeout(() => show(address(form), { typing: true }), 200);
      }
    });
    addEventListener('click', (event) => {
      const link = event.target.closest?.('[data-results] a[href]');
      if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const to = new URL(link.getAttribute('href'), location);
      if (to.pathname !== new URL(form.action).pathname) return;
      event.preventDefault();
      if (link.matches('[data-nearest]') && !to.searchParams.has('at')) nearest(to);
      else show(to);
    });
    addEventListener('popstate', () => show(new URL(location), { push: false }));
    wide.addEventListener('change', () => dressMap());
    dress();
  }

  function dressMap() {
    const map = document.querySelector('[data-map]');
    if (map && wide.matches) map.open = true;
  }
}
