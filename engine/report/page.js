(function () {
  'use strict';
  var tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'status');
  document.body.appendChild(tip);

  function number(element, name) {
    return parseFloat(element.getAttribute(name)) || 0;
  }

  /* What can be pointed at: where it is in the plot's own units, and what is said of it. */
  function spotOf(element) {
    var title = element.querySelector('title'), text = title ? title.textContent : '';
    if (title) element.removeChild(title); /* or the browser would say it, too */
    if (element.tagName === 'circle') {
      return {x: number(element, 'cx'), y: number(element, 'cy'), text: text, circle: true};
    }
    return {x: number(element, 'x') + number(element, 'width') / 2, y: number(element, 'y') + number(element, 'height') / 3,
            text: text, left: number(element, 'x'), top: number(element, 'y'),
            width: number(element, 'width'), height: number(element, 'height')};
  }

  function highlight(svg, spot) {
    var old = svg.querySelector('.here');
    if (old) svg.removeChild(old);
    if (!spot) return;
    var here = document.createElementNS(svg.namespaceURI, spot.circle ? 'circle' : 'rect');
    var places = spot.circle ? {cx: spot.x, cy: spot.y, r: 8} : {x: spot.left, y: spot.top, width: spot.width, height: spot.height};
    Object.keys(places).forEach(function (name) { here.setAttribute(name, places[name]); });
    here.setAttribute('class', 'here');
    svg.appendChild(here);
  }

  function show(svg, spot) {
    highlight(svg, spot);
    if (!spot) {
      tip.style.visibility = 'hidden';
      return;
    }
    tip.textContent = spot.text;
    var at = new DOMPoint(spot.x, spot.y).matrixTransform(svg.getScreenCTM());
    var width = tip.offsetWidth, height = tip.offsetHeight;
    var left = at.x + 16 + width < innerWidth ? at.x + 16 : at.x - 16 - width;
    tip.style.left = Math.max(4, Math.min(left, innerWidth - width - 4)) + 'px';
    tip.style.top = Math.max(4, Math.min(at.y - height / 2, innerHeight - height - 4)) + 'px';
    tip.style.visibility = 'visible';
  }

  function nearest(spots, place) {
    var best = null, least = 90 * 90;
    spots.forEach(function (spot) {
      var down = spot.circle ? spot.y - place.y : 0, distance = (spot.x - place.x) * (spot.x - place.x) + down * down;
      if (distance < least) {
        least = distance;
        best = spot;
      }
    });
    return best;
  }

  document.querySelectorAll('svg.plot[role]').forEach(function (svg) {
    var spots = Array.prototype.map.call(svg.querySelectorAll('.spot, .field'), spotOf), at = -1;
    var title = svg.querySelector('title');
    if (title) { /* keeps its name for readers, without the browser's own tip */
      svg.setAttribute('aria-label', title.textContent);
      svg.removeAttribute('aria-labelledby');
      svg.removeChild(title);
    }
    function point(event) {
      var place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      var spot = nearest(spots, place);
      at = spots.indexOf(spot);
      show(svg, spot);
    }
    svg.addEventListener('pointermove', point);
    svg.addEventListener('pointerdown', point);
    svg.addEventListener('pointerleave', function (event) { if (event.pointerType === 'mouse') show(svg, null); });
    svg.addEventListener('blur', function () { show(svg, null); });
    svg.addEventListener('keydown', function (event) {
      var step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key];
      if (event.key === 'Escape') show(svg, null);
      if (!step || !spots.length) return;
      event.preventDefault();
      at = (at + step + spots.length) % spots.length;
      show(svg, spots[at]);
    });
  });

  addEventListener('scroll', function () { tip.style.visibility = 'hidden'; }, {passive: true});
  addEventListener('beforeprint', function () {
    document.querySelectorAll('details').forEach(function (details) { details.open = true; });
  });
}());
