package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import dev.leeway.data.toy.World.Person;
import java.util.List;

/**
 * Something happens to somebody, who then does what everybody does.
 *
 * @param person to whom
 * @param index of what
 */
record Event(Person person, int index) {

    static final int COMBINATIONS = World.PEOPLE.size() * World.EVENTS.size();

    static Event of(int combination) {
        return new Event(World.PEOPLE.get(combination / World.EVENTS.size()), combination % World.EVENTS.size());
    }

    static Event drawn(Draws draws) {
        return of(HeldOut.EVENT.drawOther(draws, COMBINATIONS));
    }

    String happens(Tongue tongue) {
        return person.name() + " " + World.EVENTS.get(index).getFirst().in(tongue) + ".";
    }

    String question(Tongue tongue) {
        return happens(tongue) + " " + Encounter.whatDoes(person.name(), tongue);
    }

    Phrase action() {
        return World.EVENTS.get(index).getLast();
    }

    /** What people do when something else happens to them. */
    List<Phrase> others() {
        return World.EVENTS.stream().map(List::getLast).filter(other -> !other.equals(action())).toList();
    }

    /** Said of the person, true or not; without the full stop. */
    String claim(Phrase done, Tongue tongue) {
        return person.name() + " " + done.in(tongue);
    }

    String answer(Tongue tongue) {
        return claim(action(), tongue) + ".";
    }

    String told(Tongue tongue) {
        return happens(tongue) + " " + answer(tongue);
    }
}
