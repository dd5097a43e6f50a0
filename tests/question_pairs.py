"""Pairs of questions: those that ask the same in other words, and those that look alike and do not.

Written and generated for the project; nothing of ``torana.scan`` is used to make them, so that they can prove it wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations, product

COUNTRIES = (
    "France", "Spain", "Peru", "Kenya", "Japan", "Norway", "India", "Ghana", "Chile", "Poland", "Niger", "Nigeria",
    "Australia", "Austria", "Iran", "Iraq", "Sweden", "Switzerland", "North Korea", "South Korea",
)  # fmt: skip
CITIES = ("Paris", "London", "Mumbai", "Tokyo", "Oslo", "Nairobi")
PEOPLE = ("Alice", "Bob", "Carol", "Dinesh")
CURRENCIES = ("USD", "EUR", "INR", "GBP")
ACTIONS = (
    "reset my password", "close my account", "open a savings account", "cancel my order", "change my email address",
    "download my invoice", "enable two-factor login", "disable two-factor login", "block my card", "unblock my card",
    "increase my credit limit", "decrease my credit limit", "add a user", "remove a user", "bake bread without yeast",
    "bake bread with yeast", "install the app", "uninstall the app", "subscribe to the newsletter", "report a lost card",
    "unsubscribe from the newsletter", "file my taxes", "renew my passport", "import contacts", "export contacts",
)  # fmt: skip
DRUGS = ("paracetamol", "ibuprofen", "aspirin", "amoxicillin")
STATES = (
    "in pregnancy",
    "with alcohol",
    "for children",
    "without food",
    "with food",
    "before surgery",
    "after surgery",
)
SUPERLATIVES = ("highest", "lowest", "largest", "smallest", "oldest", "newest")
THINGS = ("mountain", "lake", "city", "bridge")
AMOUNTS = ("5", "50", "500", "1,500", "15", "0.5")
FEATURES = ("dark mode", "notifications", "auto-pay", "location sharing")
IDS = ("INV-1042", "INV-1024", "INV-104", "AB12-9", "AB12-6")
YEARS = ("2021", "2022", "2023", "2024")
MODALS = ("Can", "Should", "Must", "May", "Could")

WAYS = (
    "{0}", "Please tell me: {1}", "hi, {0}", "Hello, {0}", "{0} Thanks!", "{0} please", "Could you tell me {1}",
    "Can you tell me {1}", "I would like to know {1}", "I want to know {1}", "Do you know {1}",
)  # fmt: skip
"""Courtesies around a question and around the same without its mark."""

HOW = (
    "How do I {0}?", "How can I {0}?", "how to {0}", "how do i {0}", "Please, how do I {0}?", "What are the steps to {0}?",
    "Could you tell me how to {0}?", "Can you tell me how I can {0}?", "I would like to know how to {0}.",
    "What is the way to {0}?", "I need to {0}, how does that work?", "In which way can I {0}?", "Steps to {0}?",
    "What must I do to {0}?",
)  # fmt: skip
WHAT = (
    "What is the {0}?", "What's the {0}?", "what is the {0}", "Tell me the {0}.", "Please tell me the {0}",
    "Could you tell me the {0}?", "Can you tell me what the {0} is?", "Do you know the {0}?", "Give me the {0}",
    "I want to know the {0}.", "The {0}?", "Which is the {0}?", "Name the {0}.", "What would the {0} be?",
)  # fmt: skip


def same() -> Iterator[tuple[str, str]]:
    """Pairs that ask the same."""
    for action in ACTIONS:
        yield from ((HOW[0].format(action), way.format(action)) for way in HOW[1:])
    facts = [f"capital of {country}" for country in COUNTRIES]
    facts += [
        f"{most} {thing} in {country}"
        for most, thing, country in zip(SUPERLATIVES, THINGS * 2, COUNTRIES, strict=False)
    ]
    facts += [f"total of invoice {one}" for one in IDS]
    for fact in facts:
        yield from ((WHAT[0].format(fact), way.format(fact)) for way in WHAT[1:])
    for country in COUNTRIES:
        yield f"What is the capital of {country}?", f"What is {country}'s capital?"
    for drug, state in product(DRUGS, STATES[:4]):
        question = f"Is {drug} safe {state}?"
        low = question[0].lower() + question[1:]
        yield from ((question, way.format(question, low.rstrip("?"))) for way in WAYS[1:6])
        yield question, f"is {drug} safe {state}"
    for one, other, amount in product(CURRENCIES[:2], CURRENCIES[2:], AMOUNTS):
        yield f"Convert {amount} {one} to {other}", f"Please convert {amount} {one} to {other}."
        yield f"Convert {amount} {one} to {other}", f"How much is {amount} {one} in {other}?"
    yield from SAME


def different() -> Iterator[tuple[str, str]]:
    """Pairs that look alike and must not share an answer."""
    for a, b in combinations(COUNTRIES, 2):
        yield f"What is the capital of {a}?", f"What is the capital of {b}?"
        yield f"Tell me the capital of {a}", f"What's {b}'s capital?"
    for a, b in permutations(CITIES, 2):
        yield f"Find me flights from {a} to {b}", f"Find me flights from {b} to {a}"
        yield f"Is {a} larger than {b}?", f"Is {b} larger than {a}?"
    for a, b in permutations(PEOPLE, 2):
        yield f"Does {a} owe {b} money?", f"Does {b} owe {a} money?"
        yield f"{a} paid {b} $20, who is owed?", f"{b} paid {a} $20, who is owed?"
    for (a, b), (one, other) in product(combinations(AMOUNTS, 2), permutations(CURRENCIES[:3], 2)):
        yield f"Convert {a} {one} to {other}", f"Convert {b} {one} to {other}"
        yield f"Convert {a} {one} to {other}", f"Convert {a} {other} to {one}"
    for drug, (a, b) in product(DRUGS, combinations(STATES, 2)):
        yield f"Is {drug} safe {a}?", f"Is {drug} safe {b}?"
        yield f"Is {drug} safe {a}?", f"Is {drug} not safe {a}?"
        yield f"Is {drug} safe {a}?", f"Is {drug} unsafe {a}?"
        yield f"Why is {drug} safe {a}?", f"Why isn't {drug} safe {a}?"
    for (a, b), way in product(combinations(ACTIONS, 2), HOW[:10]):
        yield HOW[0].format(a), way.format(b)
    for action in ACTIONS:
        yield f"How do I {action}?", f"How do I not {action}?"
        yield f"How do I {action}?", f"How did I {action}?"
        yield f"How do I {action}?", f"Why do I {action}?"
        yield from ((f"{a} I {action}?", f"{b} I {action}?") for a, b in combinations(MODALS, 2))
        yield f"How do I {action}?", f"How do I {action.replace(' my ', ' your ').replace(' a ', ' every ')} today?"
    for (a, b), thing, country in product(combinations(SUPERLATIVES, 2), THINGS, COUNTRIES[:3]):
        yield f"What is the {a} {thing} in {country}?", f"What is the {b} {thing} in {country}?"
    for a, b in combinations(IDS, 2):
        yield f"What is the status of order {a}?", f"What is the status of order {b}?"
        yield f"Cancel {a} and keep {b}", f"Cancel {b} and keep {a}"
    for a, b in combinations(YEARS, 2):
        yield f"Who won the world cup in {a}?", f"Who won the world cup in {b}?"
        yield f"Who won the world cup in {a}?", f"Who lost the world cup in {a}?"
        yield f"Sales before {a}", f"Sales after {a}"
    for feature in FEATURES:
        for a, b in combinations(("Turn on", "Turn off", "Enable", "Disable"), 2):
            if (a, b) not in (("Turn on", "Enable"), ("Turn off", "Disable")):
                yield f"{a} {feature}", f"{b} {feature}"
    yield from DIFFERENT
    yield from HELD_OUT


SAME = (
    ("What is the capital of France?", "Tell me the capital of France."),
    ("How do I reset my password?", "What's the procedure for changing a forgotten password?"),
    ("What's the weather like in Oslo today?", "what is the weather like in Oslo today"),
    ("Summarise the Q3 results", "Can you summarize the Q3 results?"),
    ("Explain recursion", "Could you explain recursion?"),
    ("Explain recursion", "Help me understand recursion"),
    ("Where can I buy a bicycle?", "Where can I purchase a bike?"),
    ("How do I fix a flat tyre?", "How can I repair a flat tyre?"),
    ("Who's the CEO of Siemens?", "Who is the CEO of Siemens?"),
    ("I don't have my card, what now?", "I do not have my card, what now?"),
    ("List the three largest lakes in Norway", "Can you list the 3 biggest lakes in Norway?"),
    ("What is 1,00,000 INR in USD?", "What's 100000 INR in USD?"),
    ("When does the office open?", "When does the office open"),
    ("What time does the office open?", "When does the office open?"),
    ("How tall is Mount Everest?", "What is the height of Mount Everest?"),
)

DIFFERENT = (
    ("Is paracetamol safe in pregnancy?", "Is paracetamol not safe in pregnancy?"),
    ("Convert 100 USD to EUR", "Convert 100 EUR to USD"),
    ("What is the balance of account 4411 2200?", "What is the balance of account 4411 2201?"),
    ("Tell me a joke", "What is a joke?"),
    ("Give me a number", "What is a number?"),
    ("How do I say thank you in French?", "How do I say please in French?"),
    ("Hello in French?", "Thank you in French?"),
    ("I have few friends", "I have a few friends"),
    ("Is vitamin A good for me?", "Is vitamin B good for me?"),
    ("Is hepatitis A contagious?", "Is hepatitis contagious?"),
    ("How do you work?", "How do I work?"),
    ("How do you feel?", "How do I feel?"),
    ("Name the largest city in Spain", "Name the largest cities in Spain"),
    ("Who is the president of Chile?", "Who was the president of Chile?"),
    ("Who is the president of Chile?", "Who will be the president of Chile?"),
    ("Do all birds fly?", "Do some birds fly?"),
    ("Do all birds fly?", "Do no birds fly?"),
    ("Did the man bite the dog?", "Did the dog bite the man?"),
    ("Is it legal to drink and drive?", "Is it illegal to drink and drive?"),
    ("How many miles are in 10 km?", "How many km are in 10 miles?"),
    ("Is 10 more than 9?", "Is 9 more than 10?"),
    ("Is 10 more than 9?", "Is 10 less than 9?"),
    ("What does March mean?", "What does march mean?"),
    ("Where is Turkey?", "Where is turkey?"),
    ("Who leads US sales?", "Who leads us sales?"),
    ('Translate "good" to German', 'Translate "god" to German'),
    ("What is the meaning of `a = b`?", "What is the meaning of `a == b`?"),
    ("What is 5 + 3?", "What is 5 - 3?"),
    ("What is 5 < 3?", "What is 5 > 3?"),
    ("Send it to ann@example.com", "Send it to anne@example.com"),
    ("What runs at https://a.example/v1?", "What runs at https://a.example/v2?"),
    ("Meet on Monday or Tuesday?", "Meet on Tuesday or Monday?"),
    ("Pay the first invoice", "Pay the second invoice"),
    ("Pay invoice 1", "Pay invoice 10"),
    ("Is my refund later than 3rd May?", "Is my refund later than 4th May?"),
    ("Only admins may delete users?", "May only users delete admins?"),
    ("Delete everything except backups", "Delete everything including backups"),
    ("Show orders over $100", "Show orders under $100"),
    ("Show orders over $100", "Show orders over \u20ac100"),
    ("Show 5% growth", "Show 5 growth"),
    ("Is he married?", "Is she married?"),
    ("Where is my order?", "Where is his order?"),
    ("Should I stay?", "Should I go?"),
    ("How old is the bridge?", "How long is the bridge?"),
    ("How often do I pay?", "How much do I pay?"),
    ("What is happening in Oslo?", "What happened in Oslo?"),
    ("Is the server up?", "Is the server down?"),
    ("Could you explain recursion?", "Could you not explain recursion?"),
    ("Please don't call me", "Please call me"),
    ("He can not attend", "He can attend"),
    ("I never got it", "I got it"),
    ("Nobody agreed?", "Everybody agreed?"),
    ("Tell me about Java", "Tell me about JavaScript"),
    ("Is C faster than C++?", "Is C++ faster than C?"),
    ("What does A-1 cost?", "What does A-2 cost?"),
    ("Buy 10 shares of TCS", "Sell 10 shares of TCS"),
    ("Buy 10 shares of TCS", "Buy 10 shares of TSC"),
    ("How do I get in?", "How do I get out?"),
    ("What is in the box?", "What is on the box?"),
    ("What is next week's plan?", "What is last week's plan?"),
    ("Is it at least 5?", "Is it at most 5?"),
    ("The minimum wage in India?", "The maximum wage in India?"),
    ("Is aspirin better than ibuprofen?", "Is aspirin worse than ibuprofen?"),
)

HELD_OUT = (
    ("What do I owe the bank?", "What does the bank owe me?"),
    ("Is it the last train?", "Is it the next train?"),
    ("Can I return it within 30 days?", "Can I return it after 30 days?"),
    ("Can I return it within 30 days?", "Can I return it within 30 weeks?"),
    ("Who can see my posts?", "Whose posts can I see?"),
    ("Is the flight direct?", "Is the flight indirect?"),
    ("How do I turn the alarm on?", "How do I turn the alarm off?"),
    ("Which is cheaper, gas or electric?", "Which is dearer, gas or electric?"),
    ("Does it work without internet?", "Does it work with internet?"),
    ("What are the risks of taking it?", "What are the risks of not taking it?"),
    ("Should I sell before earnings?", "Should I sell after earnings?"),
    ("Is 2 GB enough?", "Is 2 TB enough?"),
    ("Is 2 GB enough?", "Is 20 GB enough?"),
    ("How many people live in New York City?", "How many people live in New York State?"),
    ("What's my gross salary?", "What's my net salary?"),
    ("Give the patient 5 mg", "Give the patient 5 g"),
    ("Give the patient 5 mg", "Give the patient .5 mg"),
    ("Give the patient 1.5 mg", "Give the patient 15 mg"),
    ("Give the patient -1 unit", "Give the patient 1 unit"),
    ("What is -3 + 5?", "What is 3 + 5?"),
    ("What is 2^3?", "What is 2*3?"),
    ("Open at 9 am?", "Open at 9 pm?"),
    ("Open at 9:30?", "Open at 9:03?"),
    ("Meet on 03/04?", "Meet on 04/03?"),
    ("Meet on 2024-03-04?", "Meet on 2024-04-03?"),
    ("Is Anne older than Ann?", "Is Ann older than Anne?"),
    ("Call Dr Smith", "Call Dr Smyth"),
    ("Who directed It?", "Who directed it?"),
    ("What is Go?", "What is go?"),
    ("Is rust bad?", "Is Rust bad?"),
    ("Is it a must?", "It must be a?"),
    ("Is he the one?", "Is he the 2?"),
    ("What's the A team?", "What's the B team?"),
    ("What's plan A?", "What's the plan?"),
    ("Which bus goes to the A1?", "Which bus goes to the A11?"),
    ("What did she say?", "What did she not say?"),
    ("Isn't it legal?", "Is it legal?"),
    ("Why won't it start?", "Why will it start?"),
    ("Why would it start?", "Why would it not start?"),
    ("Does nobody pay?", "Does anybody pay?"),
    ("I hardly use it, cancel?", "I use it, cancel?"),
    ("He lends me money", "He borrows money from me"),
    ("Teach me to swim", "Teach him to swim"),
    ("Are you allowed to park here?", "Am I allowed to park here?"),
    ("Is this safe for me?", "Is this safe for a child?"),
    ("Can she vote?", "Could she vote?"),
    ("Do I have to pay?", "Did I have to pay?"),
    ("Have I paid?", "Must I pay?"),
    ("List all users", "List the users"),
    ("List every admin", "List one admin"),
    ("Show me two options", "Show me the second option"),
    ("What is the first rule?", "What is the one rule?"),
    ("Compare X with Y", "Compare X without Y"),
    ("Python 2 or Python 3?", "Python 3 or Python 2?"),
    ("Is Coke better than Pepsi?", "Is Pepsi better than Coke?"),
    ("Read the mail from Ann to Bob", "Read the mail to Ann from Bob"),
    ("How do I pay by card?", "How do I pay for the card?"),
    ("Tell me a story about a dog", "Tell me the story about the dog"),
    ("What is a lead?", "What is the lead?"),
    ("What is lead?", "What is a lead?"),
    ("How do I say hi in Thai?", "How do I say hello in Thai?"),
    ("Spell please", "Spell thanks"),
    ("Thanks in German?", "Please in German?"),
    ("What's the opposite of please?", "What's the opposite of thanks?"),
)
"""Written once the rules stood, to see whether they hold for pairs they were not written for."""
