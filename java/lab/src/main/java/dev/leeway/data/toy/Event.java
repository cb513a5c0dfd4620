package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import dev.leeway.data.toy.World.Person;

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

    String answer(Tongue tongue) {
        return person.name() + " " + action().in(tongue) + ".";
    }

    String told(Tongue tongue) {
        return happens(tongue) + " " + answer(tongue);
    }
}
