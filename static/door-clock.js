// The time of day of a device at the door. Its own clock may be wrong; what it showed at the last contact puts it
// right, also while there is no network, and the next contact puts right what was stamped meanwhile.
const DoorClock = (() => {
  "use strict";
  const NOTABLE = 1000, CLOSE = 5000;
  const load = window.crypto?.randomUUID?.();
  const hands = (at) => ({ at, beat: performance.now(), wall: Date.now() });
  let last = hands(Date.now()), told = false, shift = 0, latest = 0;

  // Whichever has gone further since the last contact: the beat stands still while the device sleeps, and the wall
  // clock may be set back. It never goes back by itself.
  function now() {
    const { at, beat, wall } = hands(last.at);
    latest = Math.max(latest, at + Math.max(beat - last.beat, wall - last.wall));
    return latest;
  }
  const stamp = () => ({ ...hands(Math.round(now())), load });
  // Slept, or set anew: what is stamped now is no more to be trusted than the next contact says.
  const doubtful = () => Math.abs(Date.now() - last.wall - (performance.now() - last.beat)) > CLOSE;

  async function begin() {
    const stopped = (await DoorStore.kept("last")) || 0;
    shift = (await DoorStore.kept("shift")) || 0;
    last = hands(Math.max(Date.now() + shift, stopped)); // a clock that lost its battery begins where we stopped
    latest = last.at;
  }
  async function learn(said, asked) {
    const was = { ...last, told, shift }, is = hands(Date.parse(said) + (performance.now() - asked) / 2);
    [last, told, shift, latest] = [is, true, is.at - is.wall, is.at];
    await DoorStore.correct((scan) => {
      if (scan.load !== load || scan.beat < was.beat || scan.beat >= is.beat) return scan.at; // nothing is known of it
      const at = Math.round(righted(scan, was, is));
      return Math.abs(at - scan.at) > NOTABLE ? at : scan.at;
    });
    await DoorStore.keep("shift", shift);
    await DoorStore.keep("last", Math.round(is.at)); // a stamp that was ahead would be gone on from otherwise
  }

  // When a scan between two moments of this page happened. The beat never runs ahead: counted back from this contact
  // it names the latest moment, counted on from the last one the earliest; without sleep they are the same.
  function righted(scan, was, is) {
    const latest = is.at - (is.beat - scan.beat);
    if (was.told) return Math.min(Math.max(scan.at, was.at + (scan.beat - was.beat)), latest);
    // Opened without network, there is no earliest. Where the wall clock went further than the beat, it was set by that
    // much (then it has another distance to the server's than when they last met), or the device slept.
    const byWall = is.at - (is.wall - scan.wall), set = was.shift - (is.at - is.wall);
    return Math.abs(latest - byWall - set) < CLOSE ? latest : Math.min(byWall, latest);
  }

  return { begin, now, stamp, doubtful, learn };
})();
